package zfssim

import (
	"maps"
	"slices"
)

// packageHeader is what precedes the streams of a package that carries more than data.
type packageHeader struct {
	Recursive bool          `json:"recursive,omitempty"`
	Raw       bool          `json:"raw,omitempty"`
	Datasets  []sentDataset `json:"datasets"`
}

// sentDataset is what a package says of one dataset.
type sentDataset struct {
	Name      string                       `json:"name"`
	Snapshots map[string]uint64            `json:"snapshots"` // name -> GUID
	Props     map[string]string            `json:"props,omitempty"`
	SnapProps map[string]map[string]string `json:"snapProps,omitempty"`
	Holds     map[string][]string          `json:"holds,omitempty"`
}

// packageHeader encodes the header of a package, or complains.
func (c *call) packageHeader(to *snapshot, a sendArgs) ([]byte, bool) {
	b := &begin{flags: flagCompound, toName: to.full()}
	if a.holds {
		b.flags |= flagHolds
	}
	if a.gathers() {
		h := &packageHeader{Recursive: a.replicate, Raw: a.raw}
		list := []*dataset{to.ds}
		if a.replicate {
			list = nil
			to.ds.walk(func(d *dataset) {
				if d.snap(to.name) != nil {
					list = append(list, d)
				}
			})
		}
		for _, d := range list {
			if d.crypt != nil && !a.raw {
				c.errorf("cannot send %s: encrypted dataset %s may not be sent with properties without the raw flag\n", to.full(), d.name)
				c.say("warning: cannot send '"+to.full()+"'", "backup failed")
				return nil, false
			}
			h.Datasets = append(h.Datasets, d.sent(a, to))
		}
		b.payload = h.pack(to, a, list)
	}
	return append(encodeBegin(b), encodePackageEnd()...), true
}

// sent is what a package says of a dataset: the properties set on it, and its snapshots.
func (d *dataset) sent(a sendArgs, to *snapshot) sentDataset {
	s := sentDataset{Name: d.name, Snapshots: map[string]uint64{}, Props: map[string]string{}}
	if a.props || a.backup || a.replicate {
		for _, k := range slices.Sorted(maps.Keys(d.props)) {
			p := d.props[k]
			switch {
			case a.backup && p.hasReceived:
				s.Props[k] = p.received
			case a.backup:
			case p.hasLocal:
				s.Props[k] = p.local
			case p.hasReceived && !p.shadow:
				s.Props[k] = p.received
			}
		}
	}
	for _, t := range d.snaps {
		s.Snapshots[t.name] = t.guid
		if len(t.props) > 0 {
			user := map[string]string{}
			for k, p := range t.props {
				user[k] = p.local
				if !p.hasLocal {
					user[k] = p.received
				}
			}
			if s.SnapProps == nil {
				s.SnapProps = map[string]map[string]string{}
			}
			s.SnapProps[t.name] = user
		}
		if a.holds && len(t.holds) > 0 {
			if s.Holds == nil {
				s.Holds = map[string][]string{}
			}
			s.Holds[t.name] = slices.Sorted(maps.Keys(t.holds))
		}
	}
	return s
}
