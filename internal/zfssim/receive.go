package zfssim

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"
)

// receiver is a running `zfs receive`.
type receiver struct {
	*call
	in      *bufio.Reader
	target  string
	props   []cmdProp
	prefix  bool // -d
	tail    bool // -e
	noHolds bool // -h
	dryRun  bool // -n
	noMount bool // -u
	verbose bool // -v
	resume  bool // -s
	force   bool // -F
	abort   bool // -A
	origin  string
	mount   bool   // mount the top dataset at the end
	top     string // the first dataset received into
}

// cmdProp is an -o or -x of the command line.
type cmdProp struct {
	key, value string
	exclude    bool
}

// Results of receiving one stream.
var (
	errEnd    = errors.New("end of the package")
	errFailed = errors.New("complained about")
)

// receive is `zfs receive`. It takes the machine's lock itself: while it waits for its stream others may work.
func (c *call) receive() int {
	r, code, ok := c.parseReceive()
	if !ok {
		return code
	}
	if r.abort {
		c.mu.Lock()
		defer c.mu.Unlock()
		return r.abortReceive()
	}
	for _, p := range r.props {
		if why := checkReceiveProp(p.key); why != "" {
			c.say("cannot receive", "cannot receive: "+why)
			return failed
		}
	}
	err := r.stream(nil)
	if err == nil && !r.noMount && r.mount && r.top != "" {
		err = r.mountTop()
	}
	if err != nil {
		return failed
	}
	return done
}

func (c *call) parseReceive() (*receiver, int, bool) {
	r := &receiver{call: c, in: bufio.NewReaderSize(c.stdin, 8<<10)}
	opts, rest, ok := c.options("o:x:dehMnuvFsAc", nil)
	if !ok {
		return nil, badUse, false
	}
	for _, o := range opts {
		switch o.letter {
		case 'o', 'x':
			if !r.cmdProp(o) {
				return nil, c.usage(""), false
			}
		case 'd':
			r.prefix = true
		case 'e':
			r.tail = true
		case 'h':
			r.noHolds = true
		case 'n':
			r.dryRun = true
		case 'u':
			r.noMount = true
		case 'v':
			r.verbose = true
		case 's':
			r.resume = true
		case 'F':
			r.force = true
		case 'A':
			r.abort = true
		}
	}
	if r.prefix && r.tail {
		return nil, c.usage("invalid option combination: -d and -e are mutually exclusive"), false
	}
	if !c.operands(rest, "missing snapshot argument") {
		return nil, badUse, false
	}
	r.target = rest[0]
	if r.abort && (r.prefix || r.tail || r.dryRun || r.resume || r.noMount) {
		return nil, c.usage("invalid option"), false
	}
	return r, done, true
}

// cmdProp takes one -o or -x; false after a complaint.
func (r *receiver) cmdProp(o option) bool {
	p := cmdProp{key: o.arg, exclude: o.letter == 'x'}
	var found bool
	if !p.exclude {
		if p.key, p.value, found = strings.Cut(o.arg, "="); !found {
			r.errorf("missing '=' for property=value argument\n")
			return false
		}
	} else if strings.Contains(o.arg, "=") {
		r.errorf("invalid character '=' in property argument\n")
		return false
	}
	if slices.ContainsFunc(r.props, func(q cmdProp) bool { return q.key == p.key }) {
		r.errorf("property '%s' specified multiple times\n", p.key)
		return false
	}
	if p.key == "origin" && !p.exclude {
		r.origin = p.value
		return true
	}
	r.props = append(r.props, p)
	return true
}

// checkReceiveProp says what is wrong with naming the property at all.
func checkReceiveProp(name string) string {
	p := findProp(name)
	switch {
	case p == nil && isUserProp(name), p != nil && (p.name == "encryption" || p.encryptionParam()):
		return ""
	case p == nil, p.class == classReadonly, p.class == classOnce, p.name == "version", p.name == "volsize":
		return "invalid property '" + name + "'"
	}
	return ""
}

// stream receives what comes next: one stream, or a package of them. Nil pkg: outside of any package.
func (r *receiver) stream(pkg *receivedPackage) error {
	b, payload, err := readBegin(r.in)
	switch {
	case errors.Is(err, errShort), errors.Is(err, errMagic):
		r.complain("cannot receive", err.Error())
		return errFailed
	case b == nil:
		return errEnd
	case b.has(flagCompound):
		return r.receivePackage(b, payload)
	case !strings.Contains(b.toName, "@"):
		r.complain("cannot receive", "invalid stream (bad snapshot name)")
		return errFailed
	}
	return r.receiveOne(b, payload, pkg)
}

// complain is say, silent once the process was killed.
func (r *receiver) complain(action, description string) {
	if !r.killed() {
		r.say(action, description)
	}
}

// skip reads the rest of a stream and forgets it.
func (r *receiver) skip(payload int) error {
	if _, err := io.CopyN(io.Discard, r.in, int64(payload)); err != nil {
		r.complain("cannot receive", errShort.Error())
		return errFailed
	}
	for {
		rec, err := readRecord(r.in)
		if err != nil {
			r.complain("cannot receive", errShort.Error())
			return errFailed
		}
		if rec.typ == recEnd {
			return nil
		}
	}
}

// mountTop mounts what was received.
func (r *receiver) mountTop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.lookup(r.top)
	if d == nil || d.kind != kindFilesystem {
		return nil
	}
	var err error
	d.walk(func(e *dataset) {
		wants := e.mountable() || e.str("canmount") == "noauto" && strings.HasPrefix(e.mountpoint(), "/")
		if wants && !e.mounted && !e.inconsistent && e.keyLoaded() && !r.mountOne(e) {
			err = errFailed
		}
	})
	return err
}

// abortReceive is `zfs receive -A`.
func (r *receiver) abortReceive() int {
	d := r.lookup(r.target)
	if d != nil && d.partial != nil {
		return r.discard(d.partial)
	}
	o, ok := r.open(r.target, kindHead)
	if !ok {
		return r.usage("")
	}
	if !o.ds.inconsistent || o.ds.recv == nil || !o.ds.recv.resumable {
		r.errorf("'%s' does not have any resumable receive state to abort\n", r.target)
		return failed
	}
	return r.discard(o.ds)
}

// discard destroys a partially received dataset.
func (r *receiver) discard(d *dataset) int {
	if !r.destroyHead(d) {
		return failed
	}
	return done
}
