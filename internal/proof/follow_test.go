package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/internal/zfssim"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/plantest"
)

// play is a pair and the config that people change when a way out says so.
type play struct {
	*pair
	t    *testing.T
	jobs map[string]any // as plantest reads them
}

func newPlay(t *testing.T, jobs string, state string) *play {
	p := &play{t: t, jobs: map[string]any{}}
	if strings.TrimSpace(jobs) != "" {
		if err := json.Unmarshal([]byte(jobs), &p.jobs); err != nil {
			t.Fatal(err)
		}
	}
	cfg := plantest.Config(t, jobs)
	p.pair = stage(cfg, plantest.Inventory(t, cfg, state))
	return p
}

// job is the job's settings.
func (p *play) job(name string) map[string]any {
	if job, ok := p.jobs[name].(map[string]any); ok {
		return job
	}
	return p.jobs
}

// alternatives are the ways out that exclude each other, each in its steps.
func alternatives(c *plan.Conflict) [][]plan.WayOut {
	var all [][]plan.WayOut
	for _, w := range c.WaysOut() {
		if w.Or || len(all) == 0 {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], w)
	}
	return all
}

// looks are commands that change nothing.
var looks = regexp.MustCompile(`^(zfs (holds|list)|zpool status|ps|zfsrep) `)

// acts says that the steps change something, and literally say what.
func acts(steps []plan.WayOut) bool {
	return slices.ContainsFunc(steps, func(w plan.WayOut) bool {
		return w.Literal != "" && !looks.MatchString(w.Literal) && !openEnded.MatchString(w.Literal)
	})
}

// onceRun begins what can be done only after the run.
var onceRun = regexp.MustCompile(`\bonce (this run has|\S+ has arrived)`)

// openEnded are settings that nobody but the reader knows.
var openEnded = regexp.MustCompile(`^(mend|choose) `)

// follow does what a step says.
func (p *play) follow(w plan.WayOut) {
	p.t.Helper()
	switch {
	case w.Words == "take a new one":
		p.src.MustRun("zfs snapshot -r tank@new")
	case w.Literal == "":
	case onceRun.MatchString(w.Words):
		p.night(p.t)
		w.Words = ""
		p.follow(w)
	case w.Machine == "this machine" && p.src.Machine != p.dst.Machine:
		p.paste(p.src, w.Literal)
	case w.Machine != "":
		if want := plan.Connection(p.connection()).Target(); w.Machine != want {
			p.t.Fatalf("%q names another machine than %s", w.Words, want)
		}
		p.paste(p.dst, w.Literal)
	default:
		p.write(w.Job, w.Literal)
	}
}

func (p *play) connection() plan.Connection {
	j := p.cfg.Jobs[0]
	return plan.Connection{RemoteHost: j.RemoteHost, RemotePort: j.RemotePort, RemoteUser: j.RemoteUser}
}

// paste runs a line as a shell would, as root.
func (p *play) paste(m side, line string) {
	p.t.Helper()
	for command := range strings.SplitSeq(line, " && ") {
		argv := shellWords(command)
		if argv[0] == "zpool" {
			p.pool(m, argv)
			continue
		}
		if argv[0] != "zfs" {
			continue
		}
		if strings.HasPrefix(command, "zfs get clones ") {
			p.destroyClones(m, argv[3])
			continue
		}
		if i := slices.Index(argv, "TAG"); i > 0 {
			argv[i] = strings.Split(m.MustRun("zfs holds -H "+argv[i+1]), "\t")[1]
		}
		var out, errs bytes.Buffer
		typed := strings.NewReader("secret-secret\n") // where a key is asked for
		if code := m.Exec(append([]string{"sudo"}, argv...), typed, &out, &errs); code != 0 {
			p.t.Fatalf("%s: exit %d: %s", command, code, errs.String())
		}
	}
}

// destroyClones does what one does who sees the clones of a snapshot and needs none of them.
func (p *play) destroyClones(m side, snapshot string) {
	for clone := range strings.SplitSeq(strings.TrimSpace(m.MustRun("zfs get -H -o value clones "+snapshot)), ",") {
		m.MustRun("sudo zfs destroy " + clone)
	}
}

// pool does what zpool would do to the simulator's pools.
func (p *play) pool(m side, argv []string) {
	name := argv[len(argv)-1]
	if argv[1] == "set" {
		m.MustRun(strings.Join(argv, " "))
		return
	}
	if _, _, missing := m.Run("zpool list " + name); missing != 0 && argv[1] == "import" {
		m.AddPool(name, zfssim.PoolOptions{Size: 1 << 40})
		m.MustRun("sudo zfs set canmount=off mountpoint=none " + name)
		for _, d := range p.cfg.Jobs[0].Datasets {
			if m == p.src && zfs.Pool(d.Name) == name {
				m.MustRun("zfs create " + d.Name)
			}
		}
	}
	m.SetPool(name, zfssim.PoolOptions{})
}

// shellWords splits a command as a shell does; the only quotes in hints are single ones.
func shellWords(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

// leadsOut follows an alternative and has nights go by until nothing is left to do. A night may find out what else is to
// be done, which is followed, too; but what was there before must be over.
func (p *play) leadsOut(c *plan.Conflict, before []plan.Conflict, steps []plan.WayOut) {
	p.t.Helper()
	for _, w := range steps {
		p.follow(w)
	}
	for range 5 {
		made := p.night(p.t)
		next := p.leftOver(c, before, made, steps)
		if len(next) == 0 {
			if again := p.night(p.t); !again.Empty() {
				p.t.Errorf("there is still something to do:\n%s", show(again))
			}
			return
		}
		at := slices.IndexFunc(next, acts)
		if at < 0 {
			p.t.Fatalf("after %s there is no way on:\n%s", literals(steps), show(made))
		}
		for _, w := range next[at] {
			p.follow(w)
		}
	}
	p.t.Errorf("there is no end to it after %v", steps)
}

// leftOver are the ways out of what came up by what was done.
func (p *play) leftOver(c *plan.Conflict, before []plan.Conflict, made *plan.Plan, steps []plan.WayOut) (ways [][]plan.WayOut) {
	p.t.Helper()
	for i := range made.Conflicts {
		d := &made.Conflicts[i]
		switch known := slices.ContainsFunc(before, func(b plan.Conflict) bool { return b.Job == d.Job && b.Dataset == d.Dataset && b.Message == d.Message }); {
		case d.Job == c.Job && d.Dataset == c.Dataset && d.Code == c.Code && d.Target == c.Target:
			p.t.Fatalf("%s is still there after %s:\n%s", c.Code, literals(steps), d.Message)
		case strings.Contains(d.Hint, "goes with it") && fmt.Sprint(d.Evidence["with"]) == c.Dataset:
			p.t.Fatalf("%s of %s did not go with it: %s", d.Code, d.Dataset, d.Message)
		case !known:
			ways = append(ways, alternatives(d)...)
		}
	}
	return ways
}

func literals(steps []plan.WayOut) string {
	var all []string
	for _, w := range steps {
		all = append(all, w.Literal)
	}
	return strings.Join(all, "; ")
}
