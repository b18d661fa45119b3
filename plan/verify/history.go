package verify

import (
	"sort"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// history is the snapshots of one dataset, oldest first. It is made of runs of lists that were observed, which are
// neither copied nor written to; a snapshot is known by its position, which it keeps whatever comes or goes. Most
// datasets are asked little, so what is looked up is found by searching from the newest, until an index pays.
type history struct {
	runs   []run
	end    int // the next position
	newest int // position + 1 of the newest; 0: there is none
	gone   map[int]bool
	extra  map[int]use // what the plan adds to holds and clones
	last   int         // where the last search by name ended: what is asked for comes in order

	names index[string]
	guids index[zfs.GUID]
}

// run is snapshots that came together: as observed, or by an action.
type run struct {
	start int
	snaps []zfs.Snapshot
	by    *action // nil: observed
}

// use is what keeps a snapshot from being destroyed.
type use struct{ holds, clones int }

// add appends snapshots that are newer than all others.
func (h *history) add(snaps []zfs.Snapshot, by *action) {
	if len(snaps) == 0 {
		return
	}
	h.runs = append(h.runs, run{h.end, snaps, by})
	if h.names.at != nil || h.guids.at != nil {
		for i := range snaps {
			h.names.add(snaps[i].Name, h.end+i)
			h.guids.add(snaps[i].GUID, h.end+i)
		}
	}
	h.end += len(snaps)
	h.newest = h.end
}

// top is the position of the newest snapshot, -1 if there is none.
func (h *history) top() int { return h.newest - 1 }

func (h *history) empty() bool { return h.newest == 0 }

func (h *history) run(pos int) *run {
	if last := &h.runs[len(h.runs)-1]; last.start <= pos {
		return last
	}
	return &h.runs[sort.Search(len(h.runs), func(i int) bool { return h.runs[i].start > pos })-1]
}

// at is the snapshot at a position.
func (h *history) at(pos int) *zfs.Snapshot {
	r := h.run(pos)
	return &r.snaps[pos-r.start]
}

// by is the action that brings the snapshot, nil if it was observed.
func (h *history) by(pos int) *action { return h.run(pos).by }

// has says that a snapshot is at the position.
func (h *history) has(pos int) bool { return pos >= 0 && pos < h.end && !h.gone[pos] }

// span is the snapshots first to last that are there, in runs.
func (h *history) span(first, last int) [][]zfs.Snapshot {
	var all [][]zfs.Snapshot
	for pos := first; pos <= last; pos++ {
		if h.gone[pos] {
			continue
		}
		r := h.run(pos)
		end := pos + 1
		for end <= last && end < r.start+len(r.snaps) && !h.gone[end] {
			end++
		}
		all = append(all, r.snaps[pos-r.start:end-r.start])
		pos = end - 1
	}
	return all
}

// drop takes a snapshot away.
func (h *history) drop(pos int) {
	if h.gone == nil {
		h.gone = map[int]bool{}
	}
	h.gone[pos] = true
	for h.newest > 0 && h.gone[h.newest-1] {
		h.newest--
	}
}

// held is how often the snapshot is held, and how many clones it has. What arrives brings neither along.
func (h *history) held(pos int) use {
	u := h.extra[pos]
	if r := h.run(pos); r.by == nil {
		s := &r.snaps[pos-r.start]
		u.holds += s.Holds
		u.clones += s.Clones
	}
	return u
}

// use adds to what keeps a snapshot, which never becomes less than nothing.
func (h *history) use(pos int, more use) {
	if h.extra == nil {
		h.extra = map[int]use{}
	}
	now, u := h.held(pos), h.extra[pos]
	u.holds += max(more.holds, -now.holds)
	u.clones += max(more.clones, -now.clones)
	h.extra[pos] = u
}

// named is the position of the snapshot of that name, -1 if there is none.
func (h *history) named(name string) int {
	for pos := h.last; pos <= h.last+1; pos++ {
		if h.has(pos) && h.at(pos).Name == name {
			h.last = pos
			return pos
		}
	}
	pos := h.names.find(h, name, func(s *zfs.Snapshot) string { return s.Name })
	if pos >= 0 {
		h.last = pos
	}
	return pos
}

// version is the position of the snapshot with that GUID, -1 if there is none.
func (h *history) version(guid zfs.GUID) int {
	return h.guids.find(h, guid, func(s *zfs.Snapshot) zfs.GUID { return s.GUID })
}

// index finds snapshots by a key. It is made once searching has cost as much as making it would.
type index[K comparable] struct {
	at       map[K]int
	searched int
}

// worth is how many steps of a search making one entry of an index costs.
const worth = 8

func (x *index[K]) find(h *history, key K, of func(*zfs.Snapshot) K) int {
	if x.at == nil && x.searched <= worth*h.end {
		for r := len(h.runs) - 1; r >= 0; r-- {
			snaps := h.runs[r].snaps
			for i := len(snaps) - 1; i >= 0; i-- {
				x.searched++
				if pos := h.runs[r].start + i; of(&snaps[i]) == key && !h.gone[pos] {
					return pos
				}
			}
		}
		return -1
	}
	if x.at == nil {
		x.at = make(map[K]int, h.end)
		for _, r := range h.runs {
			for i := range r.snaps {
				if !h.gone[r.start+i] {
					x.at[of(&r.snaps[i])] = r.start + i
				}
			}
		}
	}
	if pos, ok := x.at[key]; ok && !h.gone[pos] {
		return pos
	}
	return -1
}

func (x *index[K]) add(key K, pos int) {
	if x.at != nil {
		x.at[key] = pos
	}
}
