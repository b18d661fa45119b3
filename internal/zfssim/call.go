package zfssim

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// call is one command being run.
type call struct {
	*Machine
	name   string   // the subcommand, as the user spells it in full
	args   []string // after the subcommand
	root   bool     // allowed to change things
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	out    bytes.Buffer // what goes to stdout when the command ends
	proc   *running     // what it runs as; nil outside of a host
}

// Results of a subcommand, as the C program returns them from main: -1 becomes exit code 255.
const (
	done    = 0
	failed  = 1
	badUse  = 2
	minus1  = -1
	noShell = 127
)

// killed reports whether the process was ended from outside.
func (c *call) killed() bool { return c.proc != nil && c.proc.killed.Load() }

func (c *call) printf(format string, args ...any) { fmt.Fprintf(&c.out, format, args...) }

func (c *call) errorf(format string, args ...any) { fmt.Fprintf(c.stderr, format, args...) }

// say prints "action: description" and fails, as every libzfs error does.
func (c *call) say(action, description string) int {
	c.errorf("%s: %s\n", action, description)
	return minus1
}

// std says an errno in the words it has when nothing more special is known.
func (c *call) std(action string, e errno) int { return c.say(action, e.standard()) }

// usage prints the command's usage after a complaint. The result is the exit code.
func (c *call) usage(format string, args ...any) int {
	if format != "" {
		c.errorf(format+"\n", args...)
	}
	c.errorf("usage:\n%s", usageText[c.name])
	switch c.name {
	case "set", "get", "inherit", "list":
		c.errorf("\nThe following properties are supported:\n\n\tPROPERTY       EDIT  INHERIT   VALUES\n\n")
	default:
		c.errorf("\nFor the property list, run: zfs set|get\n" +
			"\nFor the delegated permission list, run: zfs allow|unallow\n" +
			"\nFor further help on a command or topic, run: zfs help [<topic>]\n")
	}
	return badUse
}

// open finds an object of one of the kinds or says why not.
func (c *call) open(name string, kinds kind) (object, bool) {
	action := "cannot open '" + name + "'"
	if why := checkName(name, kinds, false); why != "" {
		c.say(action, why)
		return object{}, false
	}
	o, ok := c.find(name)
	if !ok {
		what := enoent.standard()
		if strings.Contains(name, "#") && c.lookup(name[:strings.IndexByte(name, '#')]) != nil {
			what = descNoEnt
		}
		c.say(action, what)
		return object{}, false
	}
	if o.kind&kinds == 0 {
		c.say(action, descBadType)
		return object{}, false
	}
	return o, true
}

// find is open without words.
func (m *Machine) find(name string) (object, bool) {
	switch {
	case strings.Contains(name, "@"):
		if s := m.lookupSnap(name); s != nil {
			return object{kind: kindSnapshot, ds: s.ds, snap: s}, true
		}
	case strings.Contains(name, "#"):
		if b := m.lookupMark(name); b != nil {
			return object{kind: kindBookmark, ds: b.ds, mark: b}, true
		}
	default:
		if d := m.lookup(name); d != nil {
			return object{kind: d.kind, ds: d}, true
		}
	}
	return object{}, false
}

// mayChange is what stands in the way of changing anything in a pool: permissions, then the state of the pool.
func (c *call) mayChange(p *pool) errno {
	switch {
	case !c.root:
		return eperm
	case p == nil:
		return enoent
	case p.suspended:
		return eagain
	case p.readonly:
		return erofs
	}
	return eok
}
