package compile

import (
	"slices"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// history is the snapshots of one dataset in all roles that it plays: it is pruned once, whoever asks for it.
type history struct {
	name    string
	replica *pair   // whose replica it is; nil: nobody's
	readers []*pair // who replicates it, in plan order
}

// histories are those of all sources and places, each once, in plan order.
func (c *compiler) histories() []*history {
	var all []*history
	byName := map[string]*history{}
	at := func(m *machine, name string) *history {
		key := m.key + " " + name
		if byName[key] == nil {
			byName[key] = &history{name: name}
			all = append(all, byName[key])
		}
		return byName[key]
	}
	for _, p := range c.ordered {
		if h := at(p.job.there, p.place); h.replica == nil {
			h.replica = p
		}
		h := at(p.job.here, p.source)
		h.readers = append(h.readers, p)
	}
	return all
}

// wishes are the policies that apply. The job of the first one whose target is there does the pruning.
func (h *history) wishes() []wish {
	var all []wish
	if p := h.replica; p != nil && p.job.Retention.Target != nil {
		all = append(all, wish{p, plan.Target, *p.job.Retention.Target})
	}
	for _, p := range h.readers {
		if p.job.Retention.Source != nil {
			all = append(all, wish{p, plan.Source, *p.job.Retention.Source})
		}
	}
	return all
}

// settled says that all pairs of the history are as they should be, or that what they need is known otherwise.
func (h *history) settled(owner *pair) bool {
	if p := h.replica; p != nil && (p.conflict != nil || p.src == nil || p.common == nil) {
		return false
	}
	for _, q := range h.readers {
		if q.absent() || q.conflict == nil && q.common != nil {
			continue
		}
		if q != owner || len(h.readers) > 1 {
			owner.warn("retention prunes nothing of %s: job %s still has to replicate it", h.name, q.job.Name)
		}
		return false
	}
	return true
}

// snapshots are those of the history as they are after the transfers.
func (h *history) snapshots() []zfs.Snapshot {
	if src := h.source(); src != nil {
		return src.Snapshots
	}
	all := make([]zfs.Snapshot, 0, len(h.replica.final))
	for _, a := range h.replica.final {
		all = append(all, a.Snapshot)
	}
	return all
}

// source is the dataset as its readers see it once what feeds it has arrived, those that were not observed as well; nil
// where there can be none.
func (h *history) source() *observe.Dataset {
	for _, q := range h.readers {
		if q.src != nil {
			return q.src
		}
	}
	if h.replica != nil && h.replica.job.Local() {
		return h.replica.after()
	}
	return nil
}

// needs are the claims of replicas that could not be looked at.
func (h *history) needs(c *compiler) []need {
	src := h.source()
	if src == nil {
		return nil
	}
	var looked []*pair
	for _, q := range h.readers {
		if !q.absent() {
			looked = append(looked, q)
		}
	}
	return c.markedNeeds(src, h.name, looked)
}

// needed says that some pair that was looked at needs the snapshot.
func (h *history) needed(s zfs.Snapshot) bool {
	if s.Holds > 0 || s.Clones > 0 {
		return true
	}
	if p := h.replica; p != nil && (s.GUID == p.common.GUID || slices.Contains(p.cloned, s.GUID)) {
		return true
	}
	for _, q := range h.readers {
		if q.common != nil && (s.GUID == q.common.GUID || s.CreateTXG > q.common.CreateTXG && q.job.Snapshots.Matches(s.Name)) {
			return true
		}
	}
	return false
}
