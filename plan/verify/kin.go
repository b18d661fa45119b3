package verify

import (
	"slices"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// strange judges that an action waits for nobody else's business, so that one dataset's failure stays its own.
func (r *replay) strange(a *action) *fault {
	for _, n := range a.needs {
		if !r.akin(a, n) {
			return wrong("it must not wait for action %s (%s), which is of a stranger", n.ID, title(n.Do))
		}
	}
	return nil
}

func (r *replay) akin(a, n *action) bool {
	if s, ok := n.Do.(plan.Snapshot); ok {
		return a.on != nil && slices.Contains(s.Datasets, a.on.name)
	}
	if a.on == nil {
		return false // a snapshot of many waits for none of them
	}
	if s, ok := n.Do.(plan.Rename); ok && a.on.within(n.on.on.at(s.To)) {
		return true
	}
	if a.on.within(n.on) {
		return true // the same dataset, or one above
	}
	switch s := a.Do.(type) {
	case plan.CreateDataset:
		return false
	case plan.Send:
		return r.feeds(a, s, n)
	case plan.Rename:
		if to := a.on.on.at(s.To); n.on.within(a.on) || to.within(n.on) {
			return true
		}
	}
	return slices.ContainsFunc(a.on.pairs(), func(p *pair) bool {
		return n.on == p.src || p.dst.within(n.on)
	})
}

// feeds says that a transfer may wait for an action elsewhere: on the replica that it is sent from, on a mark of its own
// there, or on the replica of its origin.
func (r *replay) feeds(a *action, s plan.Send, n *action) bool {
	if n.on == a.src {
		return n.job == a.job || onTarget(n.Do) || n.src != nil
	}
	if o := r.origin(a.src, s); o != nil {
		return slices.ContainsFunc(o.readers(), func(p *pair) bool { return p.dst == n.on && p.dst.on == a.on.on })
	}
	return false
}

// origin is the dataset that the source of a send is a clone of, if the send makes a clone.
func (r *replay) origin(src *dataset, s plan.Send) *dataset {
	name := ""
	switch {
	case s.Origin:
		name = s.From.Name
	case s.Mode == plan.Resume && s.From == nil:
		name = src.prop("origin")
	}
	if dataset, sep, _ := zfs.SplitVersion(name); sep == '@' {
		return r.here.at(dataset)
	}
	return nil
}
