package config

import (
	"fmt"
	"path"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// datasets reads the entries of a job.
func (r *reader) datasets(d *draft) field {
	return func(n node) {
		before := len(r.found)
		r.list(func(v node) { r.dataset(d, v) })(n)
		if len(r.found) == before && len(d.entries) == 0 {
			r.fail(n, "names no dataset", `name what to replicate: ["tank/services"]`)
		}
		for _, e := range d.entries {
			d.Datasets = append(d.Datasets, e.Dataset)
		}
	}
}

// dataset reads an entry: a name, or an object with a name. One whose name is wrong is left out.
func (r *reader) dataset(d *draft, n node) {
	e := entry{draft: d, Dataset: DefaultDataset(), node: n}
	switch {
	case n.Type == gjson.String:
		r.string(&e.Name, checkDataset)(n)
	case n.IsObject():
		m := r.object(n, fields{
			"name":      r.string(&e.Name, checkDataset),
			"recursive": r.bool(&e.Recursive),
			"exclude":   r.strings(&e.Exclude, checkDatasetGlob),
			"target":    nullable(r.string(&e.Target, checkDataset)),
		}, needs{"name": `name the dataset: {"name": "tank/services"}`})
		if name, given := m["name"]; given {
			e.node = name
		}
		target, given := m["target"]
		e.lost = given && target.Type != gjson.Null && e.Target == ""
		if !e.Recursive && len(e.Exclude) > 0 {
			r.fail(m["exclude"], "has nothing to exclude from: the entry is not recursive", "leave out exclude, or recursive = false")
		}
	default:
		r.wrongType(n, "a name or an object", `write "tank/services" or {"name": "tank/services"}`)
	}
	if e.Name != "" {
		d.entries = append(d.entries, e)
	}
}

func checkDataset(s string) problem {
	err := zfs.CheckDatasetName(s)
	if err == nil {
		return problem{}
	}
	p := problem{message: fmt.Sprintf("%s is no dataset name: %v", quote(s), err)}
	switch name, sep, _ := zfs.SplitVersion(s); {
	case s == "":
		p = problem{"is empty", `name a pool or dataset: "tank/services"`}
	case sep != 0:
		p.hint = fmt.Sprintf("name the dataset, %s, not one of its snapshots or bookmarks", quote(name))
	case strings.HasPrefix(s, "/"):
		p.hint = fmt.Sprintf("dataset names do not begin with a slash: %s? zfs list shows the name that belongs to a mountpoint", quote(strings.Trim(s, "/")))
	case strings.HasSuffix(s, "/"):
		p.hint = fmt.Sprintf("write %s", quote(strings.TrimRight(s, "/")))
	case strings.ContainsAny(s, "*?["):
		p.hint = "globs are for exclude; an entry is recursive anyway"
	}
	return p
}

func checkDatasetGlob(s string) problem {
	if strings.ContainsAny(s, "@#") {
		return problem{fmt.Sprintf("%s cannot match: a dataset name has no @ and no #", quote(s)), "snapshots.exclude is about snapshots"}
	}
	if strings.HasSuffix(s, "/") {
		return problem{fmt.Sprintf("%s cannot match: a dataset name does not end with a slash", quote(s)), fmt.Sprintf("write %s", quote(strings.TrimRight(s, "/")))}
	}
	return checkGlob(s)
}

func checkSnapshotGlob(s string) problem {
	i := strings.LastIndexAny(s, "@#/")
	if i < 0 {
		return checkGlob(s)
	}
	p := problem{message: fmt.Sprintf("%s cannot match: only the part after the @ is compared, and it has no %q", quote(s), s[i])}
	if after := s[i+1:]; after != "" {
		p.hint = fmt.Sprintf("write %s", quote(after))
	}
	return p
}

func checkGlob(s string) problem {
	if s == "" {
		return problem{"is empty", `write "*" for all`}
	}
	if _, err := path.Match(s, ""); err != nil {
		return problem{fmt.Sprintf("%s is no pattern: a [ or a backslash is left open", quote(s)), `* is any text, ? any character, [a-z] one of them; \ takes the next character literally`}
	}
	return problem{}
}

func checkPrefix(s string) problem {
	const most = 64
	if s == "" {
		return problem{"is empty: no snapshot could be told from those of others", `write "daily-"`}
	}
	if err := zfs.CheckSnapshotPart(s); err != nil {
		return problem{fmt.Sprintf("%s cannot begin a snapshot's name: %v", quote(s), err), "use letters, digits and -_.:"}
	}
	if len(s) > most {
		return problem{fmt.Sprintf("is too long: %d bytes, %d at most", len(s), most), "names of snapshots and datasets share 255 bytes"}
	}
	return problem{}
}
