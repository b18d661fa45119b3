package report

import (
	"fmt"
	"strings"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/plan"
)

// commands shows the command lines of an item, each alone on its line, unbroken and quoted for a shell, under a
// comment that says where it runs: what is copied can be pasted.
func (v *planView) commands(it *item) {
	indent := strings.Repeat(" ", v.label+6)
	last := ""
	for _, a := range it.actions {
		_, send := a.Do.(plan.Send)
		for i, c := range v.plan.Commands(a) {
			at := "on " + v.machine(a.Job, c.Side)
			if send && i == 0 {
				at += ", into the next command"
			}
			if at != last {
				fmt.Fprintln(v.w, v.s.dim(indent+"# "+at))
				last = at
			}
			fmt.Fprintln(v.w, indent+host.Quote(c.Argv))
		}
	}
}

func (v *planView) machine(job string, side plan.Side) string {
	if side == plan.Target {
		return v.plan.Jobs[job].Target()
	}
	return "this machine"
}

// TargetName is how people call a job's target.
func TargetName(c plan.Connection) string {
	if c.RemoteHost == "" {
		return "another place on this machine"
	}
	return c.Target()
}
