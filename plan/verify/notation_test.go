package verify_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// The plans of these tests are written down by hand, so that they can be as wrong as no compiler would make them. One
// action a line, numbered from 1; "job2:" before it is its job, and after it come what it needs and expects:
//
//	full tank/a @d1:1                     into the place tank/a; "into backup/a", "-F" and "-o readonly=on" may follow
//	send tank/a @d1:1 @d2:2 after 1       -I for a send with intermediates, -w for a raw one
//	clone tank/a/b tank/a/c@d1:1 @d2:12
//	send tank/a @d1:1 @d2:2 -p -x quota   with properties, of which some are left out
//	resume tank/a @d1:1 @d2:2             or without a base
//	create tank/x -o canmount=off
//	rollback tank/a @d1:1 destroys mine,x bookmarks m
//	abort tank/a
//	rename tank/b tank/a
//	set tank/a readonly=on
//	mark tank/a @d1 zfsrep_1
//	unmark tank/a zfsrep_1,zfsrep_2
//	prune source tank/a d1,d2
//	hold target tank/a @d1 zfsrep
//	release target tank/a @d1 zfsrep
//	take daily-2025-11-26 tank/a tank/b
//	... expect target tank/a absent; expect source tank/a@d1 guid=1

// planOf reads a plan for the jobs of the config.
func planOf(t testing.TB, cfg *config.Config, text string) *plan.Plan {
	t.Helper()
	p := &plan.Plan{Jobs: map[string]plan.Connection{plan.SnapshotJob: {}}}
	for i := range cfg.Jobs {
		j := &cfg.Jobs[i]
		p.Jobs[j.Name] = plan.Connection{RemoteHost: j.RemoteHost, RemotePort: j.RemotePort, RemoteUser: j.RemoteUser}
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "conflict "); ok {
			f := strings.Fields(rest)
			p.Conflicts = append(p.Conflicts, plan.Conflict{Job: cfg.Jobs[0].Name, Dataset: f[0], Code: plan.Code(f[1])})
			continue
		}
		p.Actions = append(p.Actions, readAction(t, cfg, len(p.Actions)+1, line))
	}
	return p
}

func readAction(t testing.TB, cfg *config.Config, n int, line string) plan.Action {
	t.Helper()
	a := plan.Action{ID: strconv.Itoa(n), Job: cfg.Jobs[0].Name, Why: "a test"}
	if strings.HasPrefix(line, "take") {
		a.Job = plan.SnapshotJob
	}
	if job, rest, ok := strings.Cut(line, ": "); ok {
		a.Job, line = job, rest
	}
	line, expects, _ := strings.Cut(line, " expect ")
	for e := range strings.SplitSeq(expects, "; expect ") {
		if e != "" {
			side, rest, _ := strings.Cut(e, " ")
			var x plan.Expect
			if err := x.UnmarshalText([]byte(side + ": " + rest)); err != nil {
				t.Fatal(err)
			}
			a.Expect = append(a.Expect, x)
		}
	}
	line, needs, _ := strings.Cut(line, " after ")
	a.Needs = strings.Fields(needs)
	words := strings.Fields(line)
	a.Do = readStep(t, cfg, a.Job, words[0], words[1:])
	return a
}

func readStep(t testing.TB, cfg *config.Config, job, kind string, f []string) plan.Step {
	t.Helper()
	f, set := options(f)
	switch kind {
	case "full", "send", "clone", "resume":
		return readSend(cfg, job, kind, f, set)
	case "create":
		return plan.CreateDataset{Side: plan.Target, Dataset: f[0], Set: set}
	case "rollback":
		s := plan.Rollback{Side: plan.Target, Dataset: f[0], To: ref(f[1])}
		for i := 2; i+1 < len(f); i += 2 {
			if f[i] == "destroys" {
				s.Destroys = strings.Split(f[i+1], ",")
			} else {
				s.Bookmarks = strings.Split(f[i+1], ",")
			}
		}
		return s
	case "abort":
		return plan.AbortReceive{Side: plan.Target, Dataset: f[0]}
	case "rename":
		return plan.Rename{Side: plan.Target, Dataset: f[0], To: f[1], Volume: len(f) > 2}
	case "set":
		k, v, _ := strings.Cut(f[1], "=")
		return plan.SetProperty{Side: plan.Target, Dataset: f[0], Property: k, Value: v}
	case "mark":
		return plan.Bookmark{Side: plan.Source, Dataset: f[0], Snapshot: f[1][1:], Bookmark: f[2]}
	case "unmark":
		return plan.DestroyBookmarks{Side: plan.Source, Dataset: f[0], Names: strings.Split(f[1], ",")}
	case "prune":
		return plan.DestroySnapshots{Side: plan.Side(f[0]), Dataset: f[1], Names: strings.Split(f[2], ",")}
	case "hold":
		return plan.Hold{Side: plan.Side(f[0]), Dataset: f[1], Snapshot: f[2][1:], Tag: f[3]}
	case "release":
		return plan.Release{Side: plan.Side(f[0]), Dataset: f[1], Snapshot: f[2][1:], Tag: f[3]}
	case "take":
		return plan.Snapshot{Side: plan.Source, Name: f[0], Datasets: f[1:]}
	}
	t.Fatalf("plan: unknown step %q", kind)
	return nil
}

// options takes "-o name=value" out of the words.
func options(f []string) (rest []string, set map[string]string) {
	for i := 0; i < len(f); i++ {
		if f[i] == "-o" {
			i++
			k, v, _ := strings.Cut(f[i], "=")
			if set == nil {
				set = map[string]string{}
			}
			set[k] = v
		} else {
			rest = append(rest, f[i])
		}
	}
	return rest, set
}

func readSend(cfg *config.Config, job, kind string, f []string, set map[string]string) plan.Step {
	s := plan.Send{Dataset: f[0], Mode: map[string]plan.Mode{"full": plan.Full, "resume": plan.Resume}[kind], Receive: zfs.ReceiveOptions{Set: set}}
	for i := range cfg.Jobs {
		if j := &cfg.Jobs[i]; j.Name == job {
			if e, ok := j.Entry(s.Dataset); ok {
				s.Target = j.Place(e, s.Dataset)
			}
		}
	}
	var refs []plan.Ref
	for i := 1; i < len(f); i++ {
		switch f[i] {
		case "into":
			i++
			s.Target = f[i]
		case "-I":
			s.Intermediates = true
		case "-w":
			s.Flags.Raw = true
		case "-F":
			s.Receive.Force = true
		case "-p":
			s.Flags.Properties = true
		case "-x":
			i++
			s.Receive.Exclude = strings.Split(f[i], ",")
		default:
			refs = append(refs, ref(f[i]))
		}
	}
	s.To = refs[len(refs)-1]
	if len(refs) > 1 {
		s.From = &refs[0]
	}
	if kind == "send" || kind == "clone" {
		s.Mode, s.Origin = plan.Incremental, kind == "clone"
	}
	if kind == "resume" {
		s.Token = fmt.Sprintf("1-%s-c0ffee", s.To.GUID)
	}
	return s
}

// ref reads "@name:guid" or "#name:guid", of an origin with its dataset before.
func ref(text string) plan.Ref {
	name, guid, _ := strings.Cut(text, ":")
	g, _ := strconv.ParseUint(guid, 10, 64)
	return plan.Ref{Name: name, GUID: zfs.GUID(g)}
}
