package zfssim

// mountOne mounts a filesystem or says why it cannot.
func (c *call) mountOne(d *dataset) bool {
	action := "cannot mount '" + d.name + "'"
	switch {
	case d.mounted:
		c.say(action, "filesystem already mounted")
		return false
	case d.crypt != nil && !d.keyLoaded():
		c.say(action, "encryption key not loaded")
		return false
	case !c.root:
		c.say(action, "permission denied")
		return false
	case d.inconsistent:
		c.say(action, "Invalid argument")
		return false
	}
	d.mounted = true
	c.gen++
	return true
}

// unmountTree unmounts a filesystem and what is mounted below it, children first.
func (c *call) unmountTree(d *dataset) bool {
	ok := true
	list := []*dataset{}
	d.walk(func(d *dataset) { list = append(list, d) })
	for i := len(list) - 1; i >= 0; i-- {
		ok = c.unmountOne(list[i]) && ok
	}
	return ok
}

func (c *call) unmountOne(d *dataset) bool {
	if !d.mounted {
		return true
	}
	if d.busy {
		c.say("cannot unmount '"+d.mountpoint()+"'", descBusy)
		return false
	}
	if !c.root {
		c.say("cannot unmount '"+d.mountpoint()+"'", "permission denied")
		return false
	}
	d.mounted = false
	c.gen++
	return true
}

// remount puts mounts right after a property changed.
func (c *call) remount(d *dataset, name, was string, noMount bool) {
	if d.kind != kindFilesystem || noMount {
		return
	}
	switch name {
	case "canmount":
		if d.str("canmount") == "off" {
			d.mounted = false
		}
	case "mountpoint":
		elsewhere := was == "none" || was == "legacy"
		d.walk(func(e *dataset) {
			mp := e.mountpoint()
			switch {
			case mp == "none" || mp == "legacy":
				e.mounted = false
			case e == d && elsewhere:
				e.mounted = e.mountable() && (e.crypt == nil || e.keyLoaded())
			}
		})
	}
}

// mount is `zfs mount`.
func (c *call) mount() int {
	opts, rest, ok := c.options("jRalvo:Of", jsonLong)
	if !ok {
		return badUse
	}
	all, load := false, false
	for _, o := range opts {
		all = all || o.letter == 'a'
		load = load || o.letter == 'l'
	}
	if all {
		return c.mountAll()
	}
	if len(rest) == 0 {
		return c.listMounts()
	}
	o, ok := c.open(rest[0], kindFilesystem)
	if !ok {
		return failed
	}
	action := "cannot mount '" + o.name() + "'"
	switch mp := o.ds.mountpoint(); {
	case o.ds.str("canmount") == "off":
		c.say(action, "'canmount' property is set to 'off'")
		return failed
	case mp == "none":
		c.say(action, "no mountpoint set")
		return failed
	case mp == "legacy":
		c.errorf("%s: legacy mountpoint\nuse mount(8) to mount this filesystem\n", action)
		return failed
	}
	if load && o.ds.crypt != nil && !o.ds.keyLoaded() {
		c.loadOne(o.ds.crypt.root, false, "")
	}
	if !c.mountOne(o.ds) {
		return failed
	}
	return done
}

func (c *call) mountAll() int {
	code := done
	found, _ := c.gather(selection{types: kindFilesystem, depth: -1})
	for _, o := range found {
		if !o.ds.mounted && o.ds.mountable() && !o.ds.inconsistent {
			if o.ds.crypt != nil && !o.ds.keyLoaded() {
				continue
			}
			if !c.mountOne(o.ds) {
				code = failed
			}
		}
	}
	return code
}

func (c *call) listMounts() int {
	found, _ := c.gather(selection{types: kindFilesystem, depth: -1})
	for _, o := range found {
		if o.ds.mounted {
			c.printf("%-30s  %s\n", o.name(), o.ds.mountpoint())
		}
	}
	return done
}

// unmount is `zfs unmount`.
func (c *call) unmount() int {
	opts, rest, ok := c.options("afu", nil)
	if !ok {
		return badUse
	}
	for _, o := range opts {
		if o.letter == 'a' {
			for _, p := range c.pools {
				c.unmountTree(p.root)
			}
			return done
		}
	}
	if !c.operands(rest, "missing filesystem argument") {
		return badUse
	}
	o, ok := c.open(rest[0], kindFilesystem)
	if !ok {
		return failed
	}
	if !o.ds.mounted {
		c.say("cannot unmount '"+o.name()+"'", "not currently mounted")
		return failed
	}
	if !c.unmountTree(o.ds) {
		return failed
	}
	return done
}

// allow is `zfs allow`: without delegation modelled, there is nothing to show, and granting succeeds.
func (c *call) allow() int {
	_, rest, ok := c.options("ldugecs", nil)
	if !ok {
		return badUse
	}
	if len(rest) == 0 {
		return c.usage("")
	}
	if _, ok := c.open(rest[len(rest)-1], kindHead); !ok {
		return failed
	}
	return done
}

// checkZoned refuses to mount or share by name what was handed to a container (libzfs_dataset.c, zfs_valid_proplist).
func (d *dataset) checkZoned(name, v string) *badProp {
	about := name == "sharenfs" || name == "sharesmb" || name == "mountpoint" && v != "none" && v != "legacy"
	if about && d.kind == kindFilesystem && d.str("zoned") == "on" {
		return &badProp{"'" + name + "' cannot be set on dataset in a non-global zone", ""}
	}
	return nil
}
