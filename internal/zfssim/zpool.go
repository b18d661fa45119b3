package zfssim

import (
	"slices"
	"strings"
)

// features are the pool features of OpenZFS 2.3, in the order `zpool get all` prints them.
var features = []string{
	"async_destroy", "empty_bpobj", "lz4_compress", "multi_vdev_crash_dump", "spacemap_histogram", "enabled_txg", "hole_birth",
	"extensible_dataset", "embedded_data", "bookmarks", "filesystem_limits", "large_blocks", "large_dnode", "sha512", "skein",
	"edonr", "userobj_accounting", "encryption", "project_quota", "device_removal", "obsolete_counts", "zpool_checkpoint",
	"spacemap_v2", "allocation_classes", "resilver_defer", "bookmark_v2", "redaction_bookmarks", "redacted_datasets",
	"bookmark_written", "log_spacemap", "livelist", "device_rebuild", "zstd_compress", "draid", "zilsaxattr", "head_errlog",
	"blake3", "block_cloning", "vdev_zaps_v2", "redaction_list_spill", "raidz_expansion", "fast_dedup", "longname",
	"large_microzap",
}

// alwaysActive are the features a pool uses from the start.
var alwaysActive = []string{"lz4_compress", "spacemap_histogram", "enabled_txg", "hole_birth", "extensible_dataset", "embedded_data",
	"userobj_accounting", "project_quota", "spacemap_v2", "log_spacemap", "head_errlog", "vdev_zaps_v2"}

// poolProps are the other properties, in order; those that can be set have a source.
var poolProps = []string{"size", "capacity", "altroot", "health", "guid", "version", "bootfs", "delegation", "autoreplace",
	"cachefile", "failmode", "listsnapshots", "autoexpand", "dedupratio", "free", "allocated", "readonly", "ashift", "comment",
	"expandsize", "freeing", "fragmentation", "leaked", "multihost", "checkpoint", "load_guid", "autotrim", "compatibility",
	"bcloneused", "bclonesaved", "bcloneratio", "dedup_table_size", "dedup_table_quota", "last_scrubbed_txg"}

var poolDefaults = []string{"altroot", "version", "bootfs", "delegation", "autoreplace", "cachefile", "failmode", "listsnapshots",
	"autoexpand", "ashift", "comment", "multihost", "autotrim", "compatibility", "dedup_table_quota"}

// zpool dispatches a zpool subcommand.
func (c *call) zpool(args []string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(args) == 0 {
		c.errorf("missing command\n")
		return badUse
	}
	c.name, c.args = args[0], args[1:]
	switch c.name {
	case "get":
		return c.zpoolGet()
	case "list":
		return c.zpoolList()
	case "version":
		return c.version()
	case "set":
		return c.zpoolSet()
	}
	c.errorf("unrecognized command '%s'\n", c.name)
	return badUse
}

// zpoolSet is `zpool set feature@NAME=enabled POOL`.
func (c *call) zpoolSet() int {
	if len(c.args) != 2 {
		return c.usage("missing property=value argument")
	}
	p := c.pools[c.args[1]]
	feature, ok := strings.CutSuffix(strings.TrimPrefix(c.args[0], "feature@"), "=enabled")
	switch {
	case p == nil:
		c.say("cannot open '"+c.args[1]+"'", "no such pool")
		return failed
	case !ok || !slices.Contains(features, feature):
		c.say("cannot set property for '"+p.name+"'", "invalid feature '"+feature+"'")
		return failed
	}
	p.disabled = slices.DeleteFunc(p.disabled, func(f string) bool { return f == feature })
	c.tick(p)
	return done
}

// zpoolGet is `zpool get`.
func (c *call) zpoolGet() int {
	opts, rest, ok := c.options("jJHpo:", jsonLong)
	if !ok {
		return badUse
	}
	q := getQuery{columns: []string{"name", "property", "value", "source"}}
	for _, o := range opts {
		switch o.letter {
		case 'H':
			q.scripted = true
		case 'p':
			q.literal = true
		case 'o':
			q.columns = strings.Split(o.arg, ",")
		}
	}
	if len(rest) == 0 {
		return c.usage("missing property argument")
	}
	pools, code := c.poolArgs(rest[1:], "Cannot get properties of %s: no such pool available.\n", true)
	props, ok := c.poolPropList(rest[0])
	if !ok {
		return c.usage("")
	}
	var rows [][]string
	for _, p := range pools {
		for _, name := range props {
			if f, ok := strings.CutPrefix(name, "feature@"); ok && !slices.Contains(features, f) {
				continue
			}
			rows = append(rows, c.zpoolRow(p, name, q))
		}
	}
	c.printGet(rows, q)
	return code
}

func (c *call) zpoolRow(p *pool, name string, q getQuery) []string {
	row := make([]string, len(q.columns))
	for i, col := range q.columns {
		switch col {
		case "name":
			row[i] = p.name
		case "property":
			row[i] = name
		case "value":
			row[i] = c.poolValue(p, name, q.literal)
		case "source":
			row[i] = "-"
			switch {
			case strings.HasPrefix(name, "feature@"):
				row[i] = "local"
			case slices.Contains(poolDefaults, name):
				row[i] = "default"
			}
		}
	}
	return row
}

// zpoolList is `zpool list`.
func (c *call) zpoolList() int {
	opts, rest, ok := c.options("jJHpPgLvT:o:", jsonLong)
	if !ok {
		return badUse
	}
	fields, scripted, literal := "name,size,allocated,free,checkpoint,expandsize,fragmentation,capacity,dedupratio,health,altroot", false, false
	for _, o := range opts {
		switch o.letter {
		case 'H':
			scripted = true
		case 'p':
			literal = true
		case 'o':
			fields = o.arg
		}
	}
	props, ok := c.poolPropList(fields)
	if !ok {
		return c.usage("")
	}
	pools, code := c.poolArgs(rest, "cannot open '%s': no such pool\n", false)
	if len(pools) == 0 && code == done {
		c.errorf("no pools available\n")
		return done
	}
	if !scripted {
		c.out.WriteString(strings.ToUpper(strings.Join(props, "  ")) + "\n")
	}
	for _, p := range pools {
		row := make([]string, len(props))
		for i, name := range props {
			row[i] = c.poolValue(p, name, literal)
		}
		c.out.WriteString(strings.Join(row, "\t") + "\n")
	}
	return code
}

// poolArgs finds the pools of the given names, or all. With all set, one missing name is the end of it.
func (c *call) poolArgs(names []string, missing string, all bool) ([]*pool, int) {
	code := done
	if len(names) == 0 {
		for n := range c.pools {
			names = append(names, n)
		}
		slices.Sort(names)
	}
	var list []*pool
	for _, n := range names {
		p := c.pools[n]
		if p == nil {
			c.errorf(missing, n)
			if all {
				return nil, failed
			}
			code = failed
			continue
		}
		list = append(list, p)
	}
	return list, code
}

var poolPropAliases = map[string]string{"cap": "capacity", "alloc": "allocated", "frag": "fragmentation", "rdonly": "readonly",
	"dedup": "dedupratio", "delegat": "delegation", "replace": "autoreplace", "listsnaps": "listsnapshots"}

func (c *call) poolPropList(fields string) ([]string, bool) {
	if fields == "all" {
		list := slices.Clone(poolProps)
		for _, f := range features {
			list = append(list, "feature@"+f)
		}
		return list, true
	}
	list := strings.Split(fields, ",")
	for i, f := range list {
		if full, ok := poolPropAliases[f]; ok {
			list[i], f = full, full
		}
		if f == "name" || slices.Contains(poolProps, f) || strings.HasPrefix(f, "feature@") || strings.HasPrefix(f, "unsupported@") || isUserProp(f) {
			continue
		}
		c.say("bad property list", "invalid property '"+f+"'")
		return nil, false
	}
	return list, true
}

// poolValue is one pool property.
func (c *call) poolValue(p *pool, name string, literal bool) string {
	if f, ok := strings.CutPrefix(name, "feature@"); ok {
		return p.featureState(f)
	}
	used := c.spaceOf(p.root).used
	size := func(n uint64) string {
		if literal {
			return utoa(n)
		}
		return niceNum(n)
	}
	switch name {
	case "name":
		return p.name
	case "size":
		return size(p.size)
	case "free":
		return size(sub(p.size, used))
	case "allocated":
		return size(used)
	case "capacity":
		if literal {
			return utoa(used * 100 / p.size)
		}
		return utoa(used*100/p.size) + "%"
	case "health":
		if p.suspended {
			return "SUSPENDED"
		}
		return "ONLINE"
	case "guid", "load_guid":
		return utoa(p.guid)
	case "readonly":
		return onoff(p.readonly)
	case "delegation":
		return "on"
	case "failmode":
		return "wait"
	case "dedupratio", "bcloneratio":
		return "1.00"
	case "dedup_table_quota":
		return "auto"
	case "dedup_table_size", "last_scrubbed_txg", "ashift", "freeing", "leaked", "fragmentation", "bcloneused", "bclonesaved":
		return "0"
	case "listsnapshots", "autoreplace", "autoexpand", "multihost", "autotrim", "compatibility":
		return "off"
	}
	return "-"
}

func (p *pool) featureState(f string) string {
	switch {
	case !slices.Contains(features, f):
		return "-"
	case !p.has(f):
		return "disabled"
	case slices.Contains(alwaysActive, f) || p.root.uses(f):
		return "active"
	}
	return "enabled"
}

// uses reports whether a dataset of the tree makes a feature active.
func (d *dataset) uses(f string) bool {
	found := false
	d.walk(func(d *dataset) {
		found = found || d.features[f] || f == "encryption" && d.crypt != nil ||
			f == "livelist" && d.origin != nil || f == "empty_bpobj" && len(d.snaps) > 0 ||
			(f == "bookmarks" || f == "bookmark_v2" || f == "bookmark_written") && len(d.marks) > 0
	})
	return found
}
