package proof

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/zfsrep/zfsrep/internal/config"
)

// sources are the datasets of this machine that jobs may replicate.
var sources = []string{"tank", "tank/a", "tank/a/b", "tank/a/b/c", "tank/a/v", "tank/b", "tank/b/k", "fast", "fast/x", "fast/x/y"}

// config draws up to four jobs that make a valid config together, and gives their JSON beside.
func (d dice) config() (*config.Config, string) {
	jobs := map[string]any{}
	var cfg *config.Config
	for i := range 1 + d.pick(4) {
		name := fmt.Sprint("j", i)
		jobs[name] = d.job()
		if parsed := parsed(jobs); parsed != nil {
			cfg = parsed
		} else {
			delete(jobs, name) // it would land where another one does, say
		}
	}
	if cfg == nil {
		jobs["j0"] = map[string]any{"remoteHost": "box.test", "remotePool": "vault", "datasets": []any{"tank/a"}}
		cfg = parsed(jobs)
	}
	text, _ := json.Marshal(jobs)
	return cfg, string(text)
}

func parsed(jobs map[string]any) *config.Config {
	text, _ := json.Marshal(map[string]any{"version": 1, "jobs": jobs,
		"autoSnapshot": map[string]any{"enable": true, "prefix": "daily-", "keep": "2d"}})
	cfg, _ := config.Parse(text)
	return cfg
}

// job draws one job's settings: where from and where to, and sometimes what is not the default.
func (d dice) job() map[string]any {
	j := map[string]any{"remoteHost": choose[any](d, "box.test", "box.test", nil, "crate.test", "BOX.test")}
	if j["remoteHost"] == nil {
		j["remotePool"] = choose(d, "backup", "backup/in", "fast", "fast/x/in", "backup/deep/er")
	} else {
		j["remotePool"] = choose(d, "vault", "vault/in", "tank", "tank/a", "vault/in/deep")
	}
	from := []string{"tank/a", "tank/b", "tank", "tank/a/b", "fast/x", "fast", "backup", "backup/a", "backup/in", "backup/in/a/b"}
	var entries []any
	for range 1 + d.pick(3) {
		entries = append(entries, d.entry(choose(d, from[0], from[1:]...), j["remotePool"].(string)))
	}
	j["datasets"] = entries
	maps.Copy(j, d.settings())
	return j
}

func (d dice) entry(name, pool string) any {
	e := map[string]any{"name": name}
	switch d.pick(8) {
	case 5:
		e["recursive"] = false
	case 6:
		e["exclude"] = []any{choose(d, "*/b", "v", "k", "*")}
	case 7:
		e["target"] = pool + choose(d, "/moved", "/a", "/a/b", "/un/til/here")
	}
	return e
}

// settings draws a few that differ from their defaults.
func (d dice) settings() map[string]any {
	s := map[string]any{}
	for range d.pick(5) {
		switch d.pick(14) {
		case 0:
			s["retention"] = map[string]any{"target": d.policy()}
		case 1:
			s["retention"] = map[string]any{"source": d.policy()}
		case 2:
			s["retention"] = map[string]any{"source": d.policy(), "target": d.policy()}
		case 3:
			s["limits"] = map[string]any{"destroy": d.pick(3)}
		case 4:
			s["onDiverged"] = "rollback"
		case 5:
			s["onModified"] = choose(d, "rollback", "refuse")
		case 6:
			s["intermediates"] = false
		case 7:
			s["initial"] = "latest"
		case 8:
			s["bookmarks"] = false
		case 9:
			s["snapshots"] = choose(d, map[string]any{"include": []any{"d*"}}, map[string]any{"exclude": []any{"x*"}}, map[string]any{"include": []any{"nothing"}})
		case 10:
			s["send"] = choose(d, map[string]any{"raw": "never"}, map[string]any{"raw": "always"}, map[string]any{"properties": true},
				map[string]any{"raw": "always", "properties": true}, map[string]any{"compressed": false, "largeBlocks": false, "embedded": false})
		case 11:
			s["receive"] = choose(d, map[string]any{"readonly": false}, map[string]any{"properties": map[string]any{"compression": "zstd", "atime": "off"}})
		case 12:
			s["privilege"] = "none"
		case 13:
			s["remotePort"] = 2222
		}
	}
	return s
}

func (d dice) policy() map[string]any {
	p := map[string]any{"match": choose(d, []any{"*"}, []any{"d*"}, []any{"daily-*", "x*"})}
	for range 1 + d.pick(2) {
		switch d.pick(4) {
		case 0:
			p["last"] = 1 + d.pick(3)
		case 1:
			p["within"] = choose(d, "3d", "30d", "1h")
		case 2:
			p["daily"] = 1 + d.pick(4)
		case 3:
			p[choose(d, "hourly", "weekly", "monthly", "yearly")] = 1 + d.pick(3)
		}
	}
	return p
}
