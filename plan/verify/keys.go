package verify

import "github.com/zfsrep/zfsrep/plan"

// keysFit judges what ZFS would refuse for encryption, as far as it is known.
func (p *pair) keysFit(s plan.Send, c *cargo) *fault {
	secret, _ := p.src.encrypted()
	raw := s.Flags.Raw || s.Mode == plan.Resume && p.dst.partial.Raw
	if secret && !raw && p.src.prop("keystatus") == "unavailable" {
		return drift("the key of "+p.src.name+" was unloaded on "+p.src.on.title, "the key of %s is not loaded", p.src.name)
	}
	if c.origin != nil {
		return nil // a clone has the key of its origin
	}
	if d := p.dst.vault(); d != nil && !(raw && secret) && d.prop("keystatus") == "unavailable" {
		return drift("the key of "+d.name+" was unloaded on "+d.on.title, "the key of %s is not loaded, and what is received is encrypted with it", d.name)
	}
	if c.full || !raw || !secret {
		return nil
	}
	if encrypted, sure := p.dst.encrypted(); sure && !encrypted {
		return wrong("a raw stream cannot continue %s, which is not encrypted", p.dst.name)
	}
	ours, theirs := c.base.IvsetGUID, p.dst.snaps.at(p.dst.snaps.top()).IvsetGUID
	switch {
	case c.mark && ours == 0 && theirs != 0:
		return wrong("the bookmark #%s has no IV set, without which ZFS sends nothing raw from it", c.base.Name)
	case ours != 0 && theirs != 0 && ours != theirs:
		return wrong("@%s was not received raw: its IV sets differ", c.base.Name)
	}
	return nil
}

// vault is the dataset whose key encrypts what is received here in plain text, nil if that is not known or there is none.
func (d *dataset) vault() *dataset {
	for !d.exists {
		if d = d.up(); d == nil {
			return nil
		}
	}
	if yes, _ := d.encrypted(); yes {
		return d
	}
	return nil
}
