package exec

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// lookTime is how long a machine may take to read properties of things that are named.
const lookTime = 5 * time.Minute

// askAtOnce is how many actions are asked about in one go: few enough that what was asked still holds when they run.
const askAtOnce = 50

// namesAtOnce is how many names one command line holds, so that none grows too long.
const namesAtOnce = 200

// asks says that the action's preconditions are looked at right before it. What destroys is asked about; a transfer's
// stream says itself what it is; and what makes something is refused by ZFS when that exists.
func asks(a *plan.Action) bool {
	switch d := a.Do.(type) {
	case plan.Send:
		return d.Receive.Force // what it replaces must still be empty
	case plan.CreateDataset, plan.Bookmark, plan.DestroyBookmarks, plan.Snapshot:
		return false
	}
	return len(a.Expect) > 0
}

// ask holds the preconditions of several actions of one job against both machines, with one command a side as long as
// their names fit into one.
func (r *run) ask(ctx context.Context, actions []int) outcome {
	o := outcome{asked: actions, errs: map[int]error{}}
	var wrong [2]map[int]error
	var g errgroup.Group
	for k, side := range []plan.Side{plan.Source, plan.Target} {
		g.Go(func() error {
			wrong[k] = r.askSide(ctx, actions, side)
			return nil
		})
	}
	_ = g.Wait()
	for _, errs := range wrong {
		for i, err := range errs {
			if o.errs[i] == nil {
				o.errs[i] = err
			}
		}
	}
	return o
}

func (r *run) askSide(ctx context.Context, actions []int, side plan.Side) map[int]error {
	h := r.Machines(r.plan.Actions[actions[0]].Job, side)
	var properties, names []string
	for _, i := range actions {
		for _, e := range r.plan.Actions[i].Expect {
			if e.Side != side {
				continue
			}
			if e.Property != "" && !slices.Contains(properties, e.Property) {
				properties = append(properties, e.Property)
			}
			names = append(names, e.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	if !slices.Contains(properties, "guid") {
		properties = append(properties, "guid")
	}
	slices.Sort(names)
	found, err := r.look(ctx, h, properties, slices.Compact(names))
	wrong := map[int]error{}
	for _, i := range actions {
		for _, e := range r.plan.Actions[i].Expect {
			if e.Side != side || wrong[i] != nil {
				continue
			}
			property := e.Property
			if property == "" {
				property = "guid"
			}
			if got := found[[2]string{e.Name, property}]; err != nil {
				wrong[i] = err
			} else if got != e.Value {
				wrong[i] = &DriftError{Expect: e, Got: got, Host: h.Name()}
			}
		}
	}
	return wrong
}

// look reads properties of datasets, snapshots and bookmarks by their names. What does not exist has none.
func (r *run) look(ctx context.Context, h host.Host, properties, names []string) (map[[2]string]string, error) {
	found := map[[2]string]string{}
	for some := range slices.Chunk(names, namesAtOnce) {
		var argv []string
		var out host.Output
		var err error
		_, ok := zfs.Existing(some, func(names []string) (string, bool) {
			argv = zfs.GetVersionProperties(properties, names)
			out, err = host.RunWithin(ctx, h, argv, host.Limits{Time: lookTime})
			return out.Stderr, host.Exited(err, 1)
		})
		if err != nil && !(ok && host.Exited(err, 1)) {
			return nil, explain(h, argv, err)
		}
		if err := zfs.ParseProperties(out.Stdout, func(name, property, value string) { found[[2]string{name, property}] = value }); err != nil {
			return nil, err
		}
	}
	return found, nil
}
