package zfssim

// keyed returns the encrypted root a key command is about, or says why there is none.
func (c *call) keyed(d *dataset, action, verb string) bool {
	switch {
	case !d.pool.has("encryption"):
		c.say(action, "Encryption feature not enabled.")
	case d.crypt == nil:
		c.say(action, "'"+d.name+"' is not encrypted.")
	case !d.isRoot():
		c.say(action, "Keys must be "+verb+" for encryption root of '"+d.name+"' ("+d.crypt.root.name+").")
	default:
		return true
	}
	return false
}

// loadOne loads one key.
func (c *call) loadOne(d *dataset, noop bool, location string) bool {
	const action = "Key load error"
	if !c.keyed(d, action, "loaded") {
		return false
	}
	if !noop && d.crypt.loaded != 0 {
		c.say(action, "Key already loaded for '"+d.name+"'.")
		return false
	}
	if location == "" {
		location = d.str("keylocation")
	}
	wrap, why := c.keyMaterial(d.crypt.keyformat, location, c.stdin)
	switch {
	case why != "":
	case !c.root:
		why = "Permission denied."
	case wrap != d.crypt.wrap:
		why = "Incorrect key provided for '" + d.name + "'."
	}
	if why != "" {
		c.say(action, why)
		return false
	}
	if !noop {
		d.crypt.loaded = wrap
		c.gen++
	}
	return true
}

func (c *call) unloadOne(d *dataset) bool {
	const action = "Key unload error"
	if !c.keyed(d, action, "unloaded") {
		return false
	}
	if d.crypt.loaded == 0 {
		c.say(action, "Key already unloaded for '"+d.name+"'.")
		return false
	}
	why := ""
	if !c.root {
		why = "Permission denied."
	}
	d.pool.root.walk(func(e *dataset) {
		if e.crypt != nil && e.crypt.root == d && e.mounted {
			why = "'" + d.name + "' is busy."
		}
	})
	if why != "" {
		c.say(action, why)
		return false
	}
	d.crypt.loaded = 0
	c.gen++
	return true
}

func (c *call) loadKey() int   { return c.keys(true) }
func (c *call) unloadKey() int { return c.keys(false) }

// keys is `zfs load-key` and `zfs unload-key`.
func (c *call) keys(load bool) int {
	opts, rest, ok := c.options("anrL:", nil)
	if !ok {
		return badUse
	}
	s := selection{types: kindHead, depth: -1, args: rest}
	all, noop, location := false, false, ""
	for _, o := range opts {
		switch o.letter {
		case 'a':
			all = true
		case 'r':
			s.recurse = true
		case 'n':
			noop = true
		case 'L':
			location = o.arg
		}
	}
	if !all && len(rest) == 0 {
		return c.usage("Missing dataset argument or -a option")
	}
	many := all || s.recurse
	found, code := c.gather(s)
	tried, bad := 0, 0
	for _, o := range found {
		if many && (!o.ds.isRoot() || (o.ds.crypt.loaded != 0) == load) {
			continue
		}
		tried++
		if load && !c.loadOne(o.ds, noop, location) || !load && !c.unloadOne(o.ds) {
			bad++
		}
	}
	if noop || many && tried > 0 {
		word := map[bool]string{true: "loaded", false: "unloaded"}[load]
		if noop {
			word = "verified"
		}
		c.printf("%d / %d key(s) successfully %s\n", tried-bad, tried, word)
	}
	if bad > 0 {
		return minus1
	}
	return code
}

// changeKey is `zfs change-key`.
func (c *call) changeKey() int {
	opts, rest, ok := c.options("lio:", nil)
	if !ok {
		return badUse
	}
	inherit, load := false, false
	var props []pair
	for _, o := range opts {
		switch o.letter {
		case 'i':
			inherit = true
		case 'l':
			load = true
		case 'o':
			if props, ok = c.parsePair(props, o.arg); !ok {
				return failed
			}
		}
	}
	if inherit && len(props) > 0 {
		return c.usage("Properties not allowed for inheriting")
	}
	if !c.operands(rest, "Missing dataset argument") {
		return badUse
	}
	o, ok := c.open(rest[0], kindHead)
	if !ok {
		return c.usage("")
	}
	if load && o.ds.crypt != nil && o.ds.crypt.root.crypt.loaded == 0 && !c.loadOne(o.ds, false, "") {
		return minus1
	}
	if why := c.rewrap(o.ds, props, inherit); why != "" {
		c.say("Key change error", why)
		return minus1
	}
	return done
}

// rewrap gives a dataset another wrapping key, or its parent's, or says why not.
func (c *call) rewrap(d *dataset, props []pair, inherit bool) string {
	switch {
	case d.crypt == nil:
		return "Dataset not encrypted."
	case d.origin != nil:
		return "Keys cannot be changed on clones."
	}
	if inherit {
		return c.inheritKey(d)
	}
	if d.crypt.root.crypt.loaded == 0 {
		return "Key must be loaded."
	}
	k := &newKey{keyformat: d.crypt.keyformat, location: d.str("keylocation"), iters: d.crypt.iters}
	if !d.isRoot() {
		k.keyformat, k.location = "", "prompt"
	}
	for _, p := range props {
		switch p.key {
		case "keyformat":
			k.keyformat = p.value
		case "keylocation":
			k.location = p.value
		case "pbkdf2iters":
			k.iters = atou(p.value)
		}
	}
	if k.keyformat == "" {
		return "Keyformat required for new encryption root."
	}
	wrap, why := c.keyMaterial(k.keyformat, k.location, c.stdin)
	if why != "" {
		return why
	}
	if e := c.mayChange(d.pool); e != eok {
		return "Permission denied."
	}
	k.wrap = wrap
	c.tick(d.pool)
	old := d.crypt.root
	c.ownKey(d, k)
	d.crypt.loaded = wrap
	moveRoot(d, old, d)
	return ""
}

func (c *call) inheritKey(d *dataset) string {
	switch {
	case !d.isRoot():
		return "Key inheritting can only be performed on encryption roots."
	case d.parent == nil:
		return "Root dataset cannot inherit key."
	case d.parent.crypt == nil:
		return "Parent must be encrypted."
	case d.parent.crypt.root.crypt.loaded == 0:
		return "Parent key must be loaded."
	case d.crypt.loaded == 0:
		return "Key must be loaded."
	}
	if e := c.mayChange(d.pool); e != eok {
		return "Permission denied."
	}
	c.tick(d.pool)
	d.inherit("keylocation", false)
	moveRoot(d, d, d.parent.crypt.root)
	d.crypt.loaded = 0
	return ""
}

// moveRoot rewraps the dataset and everything below it that shared the old encryption root with the new root's key.
func moveRoot(d, old, root *dataset) {
	wrap := root.crypt.wrap
	d.walk(func(e *dataset) {
		if e.crypt != nil && (e.crypt.root == old || e == d) {
			e.crypt.root, e.crypt.wrap = root, wrap
			e.crypt.keyformat, e.crypt.iters, e.crypt.salt = root.crypt.keyformat, root.crypt.iters, root.crypt.salt
		}
	})
}
