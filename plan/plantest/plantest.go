// Package plantest has the notation in which the tests of the planner write down what is on both machines.
package plantest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// The states are written down like this, one dataset a line:
//
//	src tank/a {encryption=aes-256-gcm} @s1:1 @s2:2 #mark:1
//	dst tank/a @s1:1 *                   a trailing * : written to since the newest snapshot
//	dst tank/a @s1:1 token(to=@s2:2 from=1)
//	srcpool tank {readonly=on}           dstpool tank {missing}, {guid=7}
//
// {local=readonly} says which properties were set on the dataset itself, {local=} that none was; without it nobody knows.
//
// @name:guid is a snapshot, #name:guid a bookmark; suffixes: !h held, !c has clones, ~7 IV set GUID 7, ^30 taken on day
// 30 (else the GUID is the day). "job2 dst tank/a" is seen by job2 only.

var (
	// Epoch is day 0 of the notation.
	Epoch = time.Date(2025, 1, 1, 3, 0, 0, 0, time.UTC)
	// Tonight is when the plans are made.
	Tonight = Epoch.AddDate(0, 0, 330)
	// Version is a snapshot or bookmark in the notation: kind, name, GUID and suffixes.
	Version = regexp.MustCompile(`^([@#])([^:]+):(\d+)((?:!h|!c|~\d+|\^\d+)*)$`)
	every   = []string{"async_destroy", "lz4_compress", "extensible_dataset", "bookmarks", "large_blocks", "embedded_data", "large_dnode",
		"encryption", "bookmark_v2", "bookmark_written", "zstd_compress", "device_rebuild", "block_cloning", "longname"}
)

// Config reads jobs as config.json has them, over the usual job; several jobs when the keys are called job1, job2, ...
func Config(t testing.TB, overrides string) *config.Config {
	t.Helper()
	var given map[string]any
	if strings.TrimSpace(overrides) != "" {
		if err := json.Unmarshal([]byte(overrides), &given); err != nil {
			t.Fatalf("config: %v", err)
		}
	}
	jobs := map[string]any{}
	for name, v := range given {
		if strings.HasPrefix(name, "job") {
			jobs[name] = usualJob(v.(map[string]any))
		}
	}
	if len(jobs) == 0 {
		jobs["default"] = usualJob(given)
	}
	text, err := json.Marshal(map[string]any{"version": 1, "jobs": jobs})
	if err != nil {
		t.Fatal(err)
	}
	cfg, found := config.Parse(text)
	if cfg == nil {
		t.Fatalf("config: %v", found)
	}
	return cfg
}

func usualJob(over map[string]any) map[string]any {
	job := map[string]any{"remoteHost": "box.test", "remoteUser": "box", "remotePool": "tank", "privilege": "none", "datasets": []string{"tank/a"}}
	maps.Copy(job, over)
	return job
}

// Inventory reads the state of both machines, as every job of the config sees it.
func Inventory(t testing.TB, cfg *config.Config, state string) *observe.Inventory {
	t.Helper()
	inv := observe.New(Tonight)
	for i := range cfg.Jobs {
		j := &cfg.Jobs[i]
		p := observe.Pair{Source: newSide(false), Target: newSide(true)}
		for line := range strings.Lines(state) {
			words := strings.Fields(strings.Split(line, "//")[0])
			if len(words) > 0 && strings.HasPrefix(words[0], "job") {
				if words[0] != j.Name {
					continue
				}
				words = words[1:]
			}
			if len(words) > 0 {
				readState(t, j, &p, words)
			}
		}
		inv.Jobs[j.Name] = p
	}
	return inv
}

func newSide(target bool) observe.Side {
	root := Dataset("tank", target)
	return observe.Side{ZFSVersion: "2.3.9", Pools: map[string]observe.Pool{"tank": {Free: 1 << 40, Health: "ONLINE", Features: every}},
		Datasets: map[string]*observe.Dataset{"tank": root}}
}

func readState(t testing.TB, j *config.Job, p *observe.Pair, words []string) {
	t.Helper()
	target := strings.HasPrefix(words[0], "dst")
	side := &p.Source
	if target {
		side = &p.Target
	}
	name, rest := words[1], words[2:]
	props := map[string]string{}
	if joined := strings.Join(rest, " "); strings.HasPrefix(joined, "{") {
		inside, after, _ := strings.Cut(joined[1:], "}")
		for _, kv := range strings.Fields(inside) {
			k, v, _ := strings.Cut(kv, "=")
			props[k] = v
		}
		rest = strings.Fields(after)
	}
	if strings.HasSuffix(words[0], "pool") {
		readPool(side, name, props)
		return
	}
	if pool := zfs.Pool(name); side.Datasets[pool] == nil {
		side.Datasets[pool] = Dataset(pool, target)
		side.Pools[pool] = side.Pools["tank"]
	}
	d := Dataset(name, target)
	side.Datasets[name] = d
	readItems(t, j, p, d, name, rest)
	if target && len(d.Snapshots) > 0 {
		maps.Copy(d.Properties, map[string]string{"canmount": "noauto", "readonly": "on", "usedbydataset": "1048576"})
	}
	if props["type"] == "volume" {
		d.Type = "volume"
		for _, k := range []string{"canmount", "mountpoint", "mounted"} {
			delete(d.Properties, k)
		}
	}
	if e := props["encryption"]; e != "" && e != "off" {
		d.Properties["keystatus"], d.Properties["encryptionroot"] = "available", name
	}
	if g, err := strconv.ParseUint(props["guid"], 10, 64); err == nil {
		d.GUID = zfs.GUID(g)
	}
	if local, given := props["local"]; given {
		d.Local = strings.FieldsFunc(local, func(r rune) bool { return r == ',' })
		delete(props, "local")
	}
	maps.Copy(d.Properties, props)
}

func readPool(side *observe.Side, name string, props map[string]string) {
	if _, missing := props["missing"]; missing {
		delete(side.Pools, name)
		delete(side.Datasets, name)
		return
	}
	pool := observe.Pool{Free: 1 << 40, Health: "ONLINE", Features: every, Readonly: props["readonly"] == "on"}
	if h := props["health"]; h != "" {
		pool.Health = h
	}
	if f := props["features"]; f != "" {
		pool.Features = strings.Split(f, ",")
	}
	if n, err := strconv.ParseInt(props["free"], 10, 64); err == nil {
		pool.Free = n
	}
	if g, err := strconv.ParseUint(props["guid"], 10, 64); err == nil {
		pool.GUID = zfs.GUID(g)
	}
	side.Pools[name] = pool
}

// Dataset is one with nothing in it yet; its GUID is made of its name and side.
func Dataset(name string, target bool) *observe.Dataset {
	h := fnv.New64a()
	fmt.Fprint(h, name, target)
	d := &observe.Dataset{Type: "filesystem", GUID: zfs.GUID(h.Sum64() >> 1), Snapshots: []zfs.Snapshot{}, Bookmarks: []zfs.Bookmark{},
		Properties: map[string]string{"type": "filesystem", "encryption": "off", "keystatus": "-", "encryptionroot": "-", "usedbydataset": "98304",
			"written": "0", "origin": "-", "readonly": "off", "canmount": "on", "mountpoint": "/" + name, "mounted": "yes"}}
	if target {
		maps.Copy(d.Properties, map[string]string{"canmount": "off", "mountpoint": "none", "mounted": "no"})
	}
	return d
}

func readItems(t testing.TB, j *config.Job, p *observe.Pair, d *observe.Dataset, name string, items []string) {
	t.Helper()
	for i, item := range items {
		m := Version.FindStringSubmatch(item)
		switch {
		case item == "*":
			d.Properties["written"] = "4096"
		case strings.HasPrefix(item, "token("):
			token := strings.TrimSuffix(strings.TrimPrefix(strings.Join(items[i:], " "), "token("), "*")
			d.Resume = readToken(j, p, name, strings.TrimSuffix(strings.TrimSpace(token), ")"))
			if strings.HasSuffix(items[len(items)-1], "*") {
				d.Properties["written"] = "4096"
			}
			return
		case m == nil:
			t.Fatalf("state: bad item %q", item)
		default:
			addVersion(d, m, uint64(i+1)*10)
		}
	}
}

func addVersion(d *observe.Dataset, m []string, txg uint64) {
	guid, _ := strconv.ParseUint(m[3], 10, 64)
	v := zfs.Version{Name: m[2], GUID: zfs.GUID(guid), CreateTXG: txg, Creation: Epoch.AddDate(0, 0, int(guid%3000))}
	if iv := regexp.MustCompile(`~(\d+)`).FindStringSubmatch(m[4]); iv != nil {
		n, _ := strconv.ParseUint(iv[1], 10, 64)
		v.IvsetGUID = zfs.GUID(n)
	}
	if day := regexp.MustCompile(`\^(\d+)`).FindStringSubmatch(m[4]); day != nil {
		n, _ := strconv.Atoi(day[1])
		v.Creation = Epoch.AddDate(0, 0, n)
	}
	if m[1] == "#" {
		for _, s := range d.Snapshots {
			if s.GUID == v.GUID {
				v.CreateTXG = s.CreateTXG
			}
		}
		d.Bookmarks = append(d.Bookmarks, zfs.Bookmark{Version: v})
		return
	}
	s := zfs.Snapshot{Version: v}
	if strings.Contains(m[4], "!h") {
		s.Holds = 1
	}
	if strings.Contains(m[4], "!c") {
		s.Clones = 1
	}
	d.Snapshots = append(d.Snapshots, s)
}

func readToken(j *config.Job, p *observe.Pair, name, text string) *observe.Resume {
	f := map[string]string{}
	for _, kv := range strings.Fields(text) {
		k, v, _ := strings.Cut(kv, "=")
		f[k] = v
	}
	source := f["ds"]
	for s := range p.Source.Datasets {
		if e, ok := j.Entry(s); ok && source == "" && j.Place(e, s) == name {
			source = s
		}
	}
	snap, guid, _ := strings.Cut(strings.TrimPrefix(f["to"], "@"), ":")
	to, _ := strconv.ParseUint(guid, 10, 64)
	from, _ := strconv.ParseUint(f["from"], 10, 64)
	arrived := int64(4096)
	if n, err := strconv.ParseInt(f["bytes"], 10, 64); err == nil {
		arrived = n
	}
	return &observe.Resume{Token: "1-" + guid + "-c0ffee", ToGUID: zfs.GUID(to), ToName: source + "@" + snap, FromGUID: zfs.GUID(from), Bytes: arrived,
		Raw: f["raw"] == "yes", Busy: f["busy"] == "yes"}
}
