package proof

import (
	"fmt"
	"strings"
)

// drawJob draws a job's settings.
func (w *world) drawJob() spec {
	j := spec{}
	pick := func(key string, values ...any) {
		if i := w.pick(len(values) + 1); i > 0 {
			j[key] = values[i-1]
		}
	}
	keep := func(match string, last int) map[string]any {
		return map[string]any{"match": []any{match}, "last": last}
	}
	pick("intermediates", false)
	pick("initial", "latest")
	pick("bookmarks", false)
	pick("onModified", "rollback", "refuse")
	pick("onDiverged", "rollback")
	pick("snapshots", map[string]any{"include": []any{"d*"}}, map[string]any{"exclude": []any{"x*"}})
	pick("datasets", []any{"tank/a", "tank/b"}, []any{"tank/b", map[string]any{"name": "tank/a", "recursive": false}},
		[]any{map[string]any{"name": "tank/a", "exclude": []any{"tank/a/n*"}}}, []any{map[string]any{"name": "tank/a", "target": "TARGET/deep/er/a"}})
	pick("remotePool", "TARGET/in")
	pick("send", map[string]any{"raw": "always"}, map[string]any{"properties": true}, map[string]any{"raw": "never"},
		map[string]any{"raw": "always", "properties": true})
	pick("retention", map[string]any{"source": keep("*", 1)}, map[string]any{"target": keep("d*", 2)},
		map[string]any{"source": keep("d*", 2), "target": keep("*", 1)})
	pick("limits", map[string]any{"parallel": 3}, map[string]any{"destroy": 1})
	return j
}

// jobs are the world's jobs: one, and sometimes a second one that brings the same datasets to another place.
func (w *world) jobs() []spec {
	all := []spec{w.job}
	if w.job["second"] != nil {
		other := spec{}
		for k, v := range w.job {
			other[k] = v
		}
		other["remotePool"] = "TARGET/two"
		other["datasets"] = []any{"tank/a"}
		all = append(all, other)
	}
	for i := range all {
		copied := spec{}
		for k, v := range all[i] {
			if k != "second" {
				copied[k] = w.elsewhere(v)
			}
		}
		if w.local {
			copied["remoteHost"] = nil
			if copied["remotePool"] == nil {
				copied["remotePool"] = "backup"
			}
		}
		all[i] = copied
	}
	return all
}

// elsewhere puts the name of the target's pool into a setting.
func (w *world) elsewhere(v any) any {
	pool := "tank"
	if w.local {
		pool = "backup"
	}
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, "TARGET", pool)
	case []any:
		var all []any
		for _, x := range v {
			all = append(all, w.elsewhere(x))
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for k, x := range v {
			all[k] = w.elsewhere(x)
		}
		return all
	}
	return v
}

// reconfigure changes some of the settings, as people do.
func (w *world) reconfigure() {
	drawn := w.drawJob()
	for _, k := range []string{"intermediates", "initial", "bookmarks", "onModified", "onDiverged", "snapshots", "datasets", "send", "retention", "limits"} {
		if w.pick(3) == 0 {
			if drawn[k] == nil {
				delete(w.job, k)
			} else {
				w.job[k] = drawn[k]
			}
		}
	}
	if w.pick(4) == 0 {
		w.job["second"] = true
	}
	w.configure(w.t, w.jobs()...)
	w.note("config " + fmt.Sprint(w.jobs()))
}
