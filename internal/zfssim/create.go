package zfssim

import "strings"

// createArgs is a parsed `zfs create`.
type createArgs struct {
	name    string
	kind    kind
	props   []pair
	parents bool
	noMount bool
	dryRun  bool
	verbose bool
	parse   bool
}

// create is `zfs create`.
func (c *call) create() int {
	a, code, ok := c.parseCreate()
	if !ok {
		return code
	}
	if a.parents && checkName(a.name, a.kind, true) == "" {
		if d := c.lookup(a.name); d != nil && d.kind == a.kind {
			return done
		}
		if !a.dryRun && !c.createAncestors(a.name) {
			return failed
		}
	}
	c.announce(a)
	if a.dryRun {
		return done
	}
	d := c.createDataset(a.name, a.kind, a.props)
	if d == nil {
		return failed
	}
	if a.noMount {
		return done
	}
	return c.mountNew(d)
}

func (c *call) parseCreate() (a createArgs, code int, ok bool) {
	a.kind = kindFilesystem
	opts, rest, ok := c.options("PV:b:nso:puv", nil)
	if !ok {
		return a, badUse, false
	}
	sparse, blocks := false, ""
	var size string
	for _, o := range opts {
		switch o.letter {
		case 'V':
			if _, valid := parseSize(o.arg); !valid {
				c.errorf("bad volume size '%s': bad numeric value '%s'\n", o.arg, o.arg)
				return a, failed, false
			}
			a.kind, size = kindVolume, o.arg
		case 'b':
			blocks = o.arg
		case 's':
			sparse = true
		case 'o':
			if a.props, ok = c.parsePair(a.props, o.arg); !ok {
				return a, failed, false
			}
		case 'p':
			a.parents = true
		case 'u':
			a.noMount = true
		case 'n':
			a.dryRun = true
		case 'v':
			a.verbose = true
		case 'P':
			a.verbose, a.parse = true, true
		}
	}
	if a.kind != kindVolume && (sparse || blocks != "") {
		return a, c.usage("'-s' and '-b' can only be used when creating a volume"), false
	}
	if a.kind == kindVolume {
		if a.noMount {
			return a, c.usage("'-u' can only be used when creating a filesystem"), false
		}
		a.volume(size, blocks, sparse)
	}
	if !c.operands(rest, "missing "+a.kind.String()+" argument") {
		return a, badUse, false
	}
	a.name = rest[0]
	return a, done, true
}

// volume adds the properties -V, -b and the lack of -s stand for.
func (a *createArgs) volume(size, blocks string, sparse bool) {
	bs := uint64(16384)
	if blocks != "" {
		bs, _ = parseSize(blocks)
		a.props = append(a.props, pair{"volblocksize", blocks})
	}
	n, _ := parseSize(size)
	if r := n % max(bs, 1); r != 0 {
		n += bs - r
	}
	a.props = append(a.props, pair{"volsize", utoa(n)})
	for _, p := range a.props {
		if p.key == "refreservation" {
			return
		}
	}
	if !sparse {
		a.props = append(a.props, pair{"refreservation", utoa(n + n/64)})
	}
}

func (c *call) announce(a createArgs) {
	if !a.verbose {
		return
	}
	switch {
	case a.parse:
		c.printf("create\t%s\n", a.name)
	case a.dryRun:
		c.printf("would create %s\n", a.name)
	default:
		c.printf("create %s\n", a.name)
	}
	for _, p := range a.props {
		if a.parse {
			c.printf("property\t%s\t%s\n", p.key, p.value)
		} else {
			c.printf("\t%s=%s\n", p.key, p.value)
		}
	}
}

// checkParent says what stands in the way of making a dataset of that name.
func (c *call) checkParent(name string) string {
	parent := parentName(name)
	switch {
	case parent == "":
		return "missing dataset name"
	case c.pools[poolName(name)] == nil:
		return "no such pool '" + poolName(name) + "'"
	}
	d := c.lookup(parent)
	switch {
	case d == nil:
		return "parent does not exist"
	case d.kind != kindFilesystem:
		return "parent is not a filesystem"
	}
	return ""
}

// createDataset makes a dataset with properties or says why not.
func (c *call) createDataset(name string, k kind, props []pair) *dataset {
	action := "cannot create '" + name + "'"
	if why := checkName(name, k, true); why != "" {
		c.say(action, why)
		return nil
	}
	if strings.Count(name, "/") >= maxNesting {
		c.say(action, "maximum name nesting depth exceeded")
		return nil
	}
	if why := c.checkParent(name); why != "" {
		c.say(action, why)
		return nil
	}
	if c.lookup(name) != nil {
		c.say(action, eexist.standard())
		return nil
	}
	checked, ok := c.checkProps(action, props, k)
	if !ok {
		return nil
	}
	parent := c.lookup(parentName(name))
	key, why := c.newKey(parent, checked, name, c.stdin)
	if why != "" {
		c.say(action, why)
		return nil
	}
	if e := c.mayCreate(parent, key); e != eok {
		if e == eacces {
			c.say(action, "encryption root's key is not loaded or provided")
			return nil
		}
		c.std(action, e)
		return nil
	}
	return c.putDataset(parent, name, k, checked, key)
}

// mayCreate is what the kernel checks before it makes a child of parent.
func (c *call) mayCreate(parent *dataset, key *newKey) errno {
	if e := c.mayChange(parent.pool); e != eok {
		return e
	}
	if key.encrypts() && key.wrap == 0 && !parent.keyLoaded() {
		return eacces
	}
	return c.room(parent, emptyFilesystem)
}

func (c *call) checkProps(action string, props []pair, k kind) ([]pair, bool) {
	checked := make([]pair, 0, len(props))
	for _, p := range props {
		name, v, bad := normalize(p.key, p.value, k, true, true)
		if bad != nil {
			c.say(action, bad.text())
			return nil, false
		}
		checked = append(checked, pair{name, v})
	}
	return checked, true
}

// putDataset makes it: everything has been checked.
func (c *call) putDataset(parent *dataset, name string, k kind, props []pair, key *newKey) *dataset {
	c.tick(parent.pool)
	d := c.newDataset(parent.pool, parent, name, k)
	for _, p := range props {
		if def := findProp(p.key); def != nil && (def.encryptionParam() || p.key == "encryption") {
			continue
		}
		d.setLocal(p.key, p.value)
	}
	c.applyKey(d, key)
	return d
}

// createAncestors makes every missing parent of a name, mounted as they come.
func (c *call) createAncestors(name string) bool {
	parts := strings.Split(parentName(name), "/")
	for i := range parts {
		up := strings.Join(parts[:i+1], "/")
		if i == 0 || c.lookup(up) != nil {
			continue
		}
		d := c.createDataset(up, kindFilesystem, nil)
		if d == nil || d.mountable() && !c.mountOne(d) {
			return false
		}
	}
	return true
}

// mountNew mounts what was just created, if it wants to be.
func (c *call) mountNew(d *dataset) int {
	if d.kind != kindFilesystem || d.str("canmount") != "on" {
		return done
	}
	if !c.root {
		c.errorf("filesystem successfully created, but it may only be mounted by root\n")
		return failed
	}
	if d.mountable() && !c.mountOne(d) {
		c.errorf("filesystem successfully created, but not mounted\n")
		return failed
	}
	return done
}
