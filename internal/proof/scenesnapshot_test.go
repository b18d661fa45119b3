package proof

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// zfsrep snapshot makes a plan of whatever it sees, snapshots no replica, and destroys only snapshots of its own that
// are known to have arrived everywhere.
func TestScenesSnapshot(t *testing.T) {
	trying(t, scenes(t), func(s *scene) string {
		made, err := compile.CompileSnapshot(s.cfg, s.inv, s.now, verify.Snapshots)
		if err != nil {
			return fmt.Sprintf("cannot plan: %v", err)
		}
		again, err := compile.CompileSnapshot(s.cfg, s.inv, s.now, verify.Snapshots)
		if first, second := bytesOf(made), bytesOf(again); err != nil || !bytes.Equal(first, second) {
			return fmt.Sprintf("planning again: %v\n%s\nand\n%s", err, first, second)
		}
		v := &verdict{cfg: s.cfg, inv: s.inv, plan: made}
		v.lasting()
		v.refused()
		v.snapshots(stock(s.cfg, s.inv))
		for _, found := range verify.Snapshots(s.cfg, s.inv, made) {
			v.add("the verifier: %s", found.Rule)
		}
		for _, w := range v.wrong {
			return w + "\nplan:\n" + show(made)
		}
		return ""
	})
}

// snapshots checks a plan of zfsrep snapshot.
func (v *verdict) snapshots(now *shelves) {
	for i := range v.plan.Actions {
		switch do := v.plan.Actions[i].Do.(type) {
		case plan.Snapshot:
			for _, d := range do.Datasets {
				if why := v.replica(d); why != "" {
					v.add("replica: %s gets a snapshot, and is %s", d, why)
				}
			}
		case plan.DestroySnapshots:
			x := now.named[" "+do.Dataset]
			for k, s := range x.snaps {
				if !slices.Contains(do.Names, s.Name) {
					continue
				}
				if day, ours := strings.CutPrefix(s.Name, "daily-"); !ours || len(day) != len(time.DateOnly) || s.Holds > 0 || s.Clones > 0 || k == len(x.snaps)-1 && len(v.plan.Actions[i].Needs) == 0 {
					v.add("foreign: %s@%s goes, which is not one that may", do.Dataset, s.Name)
				}
				v.arrivedEverywhere(do.Dataset, s, now)
			}
		default:
			v.add("kind: %s", do.Title())
		}
	}
}

// replica says why a dataset is one that is received.
func (v *verdict) replica(dataset string) string {
	for _, j := range v.cfg.Jobs {
		for _, e := range j.Datasets {
			root := j.Place(e, e.Name)
			if j.Local() && zfs.Within(dataset, root) && e.Covers(e.Name+strings.TrimPrefix(dataset, root)) {
				return "the place of job " + j.Name
			}
		}
		if d := v.inv.Jobs[j.Name].Source.Datasets[dataset]; d != nil {
			if d.Properties["readonly"] == "on" && d.Properties["mounted"] != "yes" {
				return "dormant"
			}
			break
		}
	}
	return ""
}

// arrivedEverywhere checks by the marks that a snapshot is on every replica: of each job that replicates the dataset,
// and of each pool that left marks.
func (v *verdict) arrivedEverywhere(source string, s zfs.Snapshot, now *shelves) {
	v.markAwaits(source, s, now, func(string) bool { return false })
	var readers []*config.Job
	for i := range v.cfg.Jobs {
		if _, ok := v.cfg.Jobs[i].Entry(source); ok {
			readers = append(readers, &v.cfg.Jobs[i])
		}
	}
	for _, j := range readers {
		e, _ := j.Entry(source)
		place := j.Place(e, source)
		_, within, _ := strings.Cut(place, "/")
		old := hash(fmt.Sprintf("%s:%d/%s", j.RemoteHost, j.RemotePort, place))
		arrived := slices.ContainsFunc(now.named[" "+source].marks, func(m zfs.Version) bool {
			label := strings.Split(m.Name, "_")
			if label[0] != "zfsrep" || len(label) < 2 || label[1] != m.GUID.String() || m.CreateTXG < s.CreateTXG {
				return false
			}
			switch len(label) {
			case 2:
				return len(readers) == 1
			case 3:
				return label[2] == old
			}
			return label[3] == hash(within)
		})
		if j.Snapshots.Matches(s.Name) && !arrived {
			v.add("awaited: %s@%s goes, and no mark says that %s of job %s has it", source, s.Name, place, j.Name)
		}
	}
}
