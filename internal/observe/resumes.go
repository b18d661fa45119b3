package observe

import (
	"context"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// findRunning finds out which interrupted receives are not: they still run.
func (m *machine) findRunning(ctx context.Context) {
	partial := map[*view][]string{}
	for _, v := range m.views {
		for name, d := range v.Datasets {
			if v.target && v.err == nil && d.Resume != nil {
				partial[v] = append(partial[v], name)
			}
		}
	}
	if len(partial) == 0 {
		return
	}
	ps, err := host.RunWithin(ctx, m.host, []string{"ps", "-eo", "args"}, host.Limits{Time: shortly})
	for v, names := range partial {
		v.err = explain(m.host, err)
		for _, name := range names {
			v.Datasets[name].Resume.Busy = receiving(string(ps.Stdout), name)
		}
	}
}

// newResume says what a partial receive stands for. A token that cannot be read stands for nothing, ToGUID 0; the planner
// then drops it. One that is not even text is not kept.
func newResume(token string) *Resume {
	r := &Resume{}
	if printable(token) {
		r.Token = token
	}
	if t, err := zfs.DecodeToken(token); err == nil {
		r.ToGUID, r.ToName, r.FromGUID, r.Bytes, r.Raw = t.ToGUID, t.ToName, t.FromGUID, t.Bytes, t.Raw
	}
	return r
}

// receiving says that the list of processes has a zfs receive into the dataset: the words are compared one by one, so
// that neither a similar name nor an editor with "zfs receive" in its title counts.
func receiving(ps, dataset string) bool {
	for line := range strings.Lines(ps) {
		line = strings.TrimSpace(line)
		words := strings.Fields(line)
		for len(words) > 0 && (words[0] == "sudo" || strings.HasSuffix(words[0], "/sudo") || words[0] == "-n") {
			words = words[1:]
		}
		if len(words) < 3 || words[0] != "zfs" && !strings.HasSuffix(words[0], "/zfs") || words[1] != "receive" && words[1] != "recv" {
			continue
		}
		// Names may contain spaces, so the line's end is compared; the name of a pool only as a word of its own.
		ends := strings.HasSuffix(line, " "+dataset) && (strings.Contains(dataset, "/") || !strings.Contains(words[len(words)-2], "/"))
		if ends && !slices.Contains(words, "-A") {
			return true
		}
	}
	return false
}

// missesReplica says that some dataset with a history has none at its place: its replica may lie somewhere else.
func missesReplica(j *config.Job, p Pair) bool {
	for _, entry := range j.Datasets {
		for name, d := range p.Source.Datasets {
			if len(d.Snapshots) == 0 || !entry.Covers(name) {
				continue
			}
			if t := p.Target.Datasets[j.Place(entry, name)]; t == nil || len(t.Snapshots) == 0 {
				return true
			}
		}
	}
	return false
}

// lookAround lists everything below remotePool for the jobs that miss a replica: that of a renamed source may lie there
// under its old name.
func (m *machine) lookAround(ctx context.Context) {
	var missing []*view
	var scopes []scope
	for _, v := range m.views {
		if v.missing {
			missing, scopes = append(missing, v), append(scopes, scope{trees: []string{v.job.RemotePool}})
		}
	}
	parts, errs := list(ctx, m.host, scopes)
	for i, v := range missing {
		v.err = errs[i]
		for name, d := range parts[i] {
			if old := v.Datasets[name]; old == nil || len(old.Snapshots) == 0 {
				v.Datasets[name] = d
			}
		}
	}
}
