package proof

import (
	"fmt"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/internal/zfssim"
)

// slot is where disks are plugged in that all hold a pool of one name: one at a time, or none.
type slot struct {
	side
	host    string // as remoteHost has it; "": this machine
	in      *disk
	shelf   []*disk // those that are away
	rotates bool
}

// disk is a pool, wherever it is.
type disk struct {
	label string
	slot  *slot
	guid  string
	away  *zfssim.Disk // nil: it is plugged in
	had   []version    // what it held when it was taken away
}

// holds is what the disk holds.
func (d *disk) holds() []version {
	if d.away != nil {
		return d.had
	}
	return versions(d.slot.side)
}

// addSlot makes a place for disks, with a new one in it.
func (s *season) addSlot(m *zfssim.Machine, host, pool string, rotates bool) *slot {
	x := &slot{side: side{m, pool}, host: host, rotates: rotates}
	s.slots = append(s.slots, x)
	s.plugInNew(x)
	return x
}

// plugInNew puts an empty disk into an empty slot.
func (s *season) plugInNew(x *slot) {
	s.count++
	x.in = &disk{label: fmt.Sprintf("disk %d", s.count), slot: x}
	x.AddPool(x.pool, zfssim.PoolOptions{Size: 1 << 40, Props: map[string]string{"canmount": "off", "mountpoint": "none"}})
	x.in.guid = strings.TrimSpace(x.MustRun("zpool get -Hp -o value guid " + x.pool))
	s.note(fmt.Sprintf("%s, new and empty, is pool %s of %q", x.in.label, x.pool, x.host))
}

// unplug takes the disk out of its slot.
func (s *season) unplug(x *slot) {
	if x.in == nil {
		return
	}
	x.in.had = versions(x.side)
	x.in.away = x.TakePool(x.pool)
	x.shelf = append(x.shelf, x.in)
	s.note(x.in.label + " is taken away")
	x.in = nil
}

// plugIn brings a disk back that is away.
func (s *season) plugIn(x *slot, i int) {
	s.unplug(x)
	d := x.shelf[i]
	x.shelf = append(x.shelf[:i:i], x.shelf[i+1:]...)
	x.PutPool(d.away)
	d.away, d.had, x.in = nil, nil, d
	s.note(fmt.Sprintf("%s is back as pool %s of %q", d.label, x.pool, x.host))
}

// diskEvent is somebody with a disk in the hand.
func (s *season) diskEvent() {
	x, _ := one(s.world, s.slots)
	switch k := s.pick(6); {
	case !x.rotates && k < 5: // built in, most of the time
	case !x.rotates || k == 0: // it died
		s.unplug(x)
		for _, d := range x.shelf {
			s.bury(d)
		}
		x.shelf = nil
		s.plugInNew(x)
	case k == 1:
		s.unplug(x)
	case k == 2 && len(x.shelf) < 2:
		s.unplug(x)
		s.plugInNew(x)
	case len(x.shelf) > 0:
		s.plugIn(x, s.pick(len(x.shelf)))
	}
}

// everyDisk is all of them that still exist.
func (s *season) everyDisk() []*disk {
	var all []*disk
	for _, x := range s.slots {
		all = append(all, x.shelf...)
		if x.in != nil {
			all = append(all, x.in)
		}
	}
	return all
}

// takes says that a job replicates to the disk's pool, to which place, for a dataset that it covers.
func (d *disk) takes(j *config.Job, source string) (place string, ok bool) {
	e, covered := j.Entry(source)
	if !covered || j.RemoteHost != d.slot.host {
		return "", false
	}
	place = j.Place(e, source)
	return place, zfs.Pool(place) == d.slot.pool
}

// bury remembers what a disk had that is gone for good: until its successor is seen, its marks say that all has arrived.
func (s *season) bury(d *disk) {
	for _, v := range d.had {
		s.buried[v.guid] = true
	}
}
