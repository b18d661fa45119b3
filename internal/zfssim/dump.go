package zfssim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Dump describes everything the machine has, in a stable order, for comparing two states and for test failures.
func (m *Machine) Dump() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m.pools)) {
		p := m.pools[name]
		fmt.Fprintf(&b, "pool %s%s%s\n", name, word(p.readonly, " readonly"), word(p.suspended, " suspended"))
		p.root.walk(func(d *dataset) {
			d.dump(&b)
			if d.partial != nil {
				d.partial.dump(&b)
			}
		})
	}
	return b.String()
}

func word(on bool, w string) string {
	if on {
		return w
	}
	return ""
}

func (d *dataset) dump(b *strings.Builder) {
	fmt.Fprintf(b, "%s %s%s%s%s", d.kind, d.name, word(d.mounted, " mounted"), word(d.inconsistent, " inconsistent"),
		word(d.modifiedSince(d.latest()), " modified"))
	if d.origin != nil {
		fmt.Fprintf(b, " origin=%s", d.origin.full())
	}
	if k := d.crypt; k != nil {
		fmt.Fprintf(b, " key=%x root=%s%s", k.keyGUID, k.root.name, word(d.keyLoaded(), " loaded"))
	}
	if r := d.recv; r != nil {
		fmt.Fprintf(b, " receiving=%s@%d:%d%s%s", r.toName, r.object, r.offset, word(r.resumable, " resumable"), word(r.live, " live"))
	}
	b.WriteByte('\n')
	for _, k := range slices.Sorted(maps.Keys(d.props)) {
		p := d.props[k]
		fmt.Fprintf(b, "  %s", k)
		if p.hasLocal {
			fmt.Fprintf(b, " local=%q", p.local)
		}
		if p.hasReceived {
			fmt.Fprintf(b, " received=%q%s", p.received, word(p.shadow, " shadowed"))
		}
		b.WriteByte('\n')
	}
	for _, s := range d.snaps {
		fmt.Fprintf(b, "  @%s guid=%d content=%x", s.name, s.guid, s.content.hash())
		if s.ivset != 0 {
			fmt.Fprintf(b, " ivset=%x", s.ivset)
		}
		if len(s.holds) > 0 {
			fmt.Fprintf(b, " holds=%s", strings.Join(slices.Sorted(maps.Keys(s.holds)), ","))
		}
		b.WriteString(word(s.deferred, " deferred") + "\n")
	}
	for _, k := range d.marks {
		fmt.Fprintf(b, "  #%s guid=%d\n", k.name, k.guid)
	}
}
