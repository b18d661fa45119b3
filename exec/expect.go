package exec

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// check holds an action's preconditions against both machines, with one command a side.
func (x *Executor) check(ctx context.Context, a *plan.Action) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, side := range []plan.Side{plan.Source, plan.Target} {
		var some []plan.Expect
		for _, e := range a.Expect {
			if e.Side == side {
				some = append(some, e)
			}
		}
		if len(some) > 0 {
			g.Go(func() error { return checkSide(ctx, x.Machines(a.Job, side), some) })
		}
	}
	return g.Wait()
}

// atOnce is how many preconditions one command looks at, so that no command line grows too long.
const atOnce = 200

func checkSide(ctx context.Context, h host.Host, expects []plan.Expect) error {
	for some := range slices.Chunk(expects, atOnce) {
		if err := compare(ctx, h, some); err != nil {
			return err
		}
	}
	return nil
}

func compare(ctx context.Context, h host.Host, expects []plan.Expect) error {
	properties, names := []string{"guid"}, []string{}
	for _, e := range expects {
		if e.Property != "" && !slices.Contains(properties, e.Property) {
			properties = append(properties, e.Property)
		}
		if !slices.Contains(names, e.Name) {
			names = append(names, e.Name)
		}
	}
	argv := zfs.GetVersionProperties(properties, names)
	out, err := host.Run(ctx, h, argv)
	var exit *host.ExitError
	if errors.As(err, &exit) && exit.Code == 1 {
		if _, other := zfs.Missing(out.Stderr); !other {
			err = nil
		}
	}
	if err != nil {
		return explain(h, argv, err)
	}
	found := map[[2]string]string{}
	if err := zfs.ParseProperties(out.Stdout, func(name, property, value string) { found[[2]string{name, property}] = value }); err != nil {
		return err
	}
	for _, e := range expects {
		property := e.Property
		if property == "" {
			property = "guid"
		}
		if got := found[[2]string{e.Name, property}]; got != e.Value {
			return &DriftError{Expect: e, Got: got, Host: h.Name()}
		}
	}
	return nil
}
