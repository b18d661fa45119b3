package zfssim

import "strings"

// incoming is one stream being received.
type incoming struct {
	*begin
	payload   beginPayload
	n         int    // bytes of payload in the stream
	dest      string // the snapshot to be made
	fs        string // its dataset
	origin    *snapshot
	wantsNew  bool // a full stream, or one that makes a clone
	newFS     bool // the dataset does not exist, or is a partial new one
	hasToken  bool
	action    string // what errors begin with
	pkg       *receivedPackage
	rcvProps  map[string]string // received properties; nil: none came
	local     []pair            // -o
	exclude   []string          // -x
	key       *newKey
	remount   []*dataset
	savedProp map[string]prop // of an existing dataset, to put back

	ds     *dataset // as long as the kernel holds it: what the data goes into
	base   *snapshot
	state  *recvState
	save   bool // the state may be kept when the stream breaks
	isNew  bool // ds is the dataset itself, not a hidden clone
	denied []string
}

// receiveOne receives one stream.
func (r *receiver) receiveOne(b *begin, payload int, pkg *receivedPackage) error {
	in := &incoming{begin: b, n: payload, pkg: pkg, action: "cannot receive"}
	r.mu.Lock()
	ok := r.resolve(in) && r.checkTarget(in) && r.setupProps(in)
	r.mu.Unlock()
	if !ok {
		return errFailed
	}
	if r.verbose {
		verb, kind := "receiving", "full"
		if r.dryRun {
			verb = "would receive"
		}
		if b.fromGUID != 0 {
			kind = "incremental"
		}
		r.printf("%s %s stream of %s into %s\n", verb, kind, b.toName, in.dest)
	}
	if r.dryRun {
		return r.skip(in.n)
	}
	e := r.kernel(in)
	if e == enoent || e == eexist {
		if r.known(in) {
			if r.verbose {
				r.printf("snap %s already exists; ignoring\n", in.dest)
			}
			if r.skip(r.unread(in)) == nil {
				e = eok
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e != eok {
		r.explain(in, e)
	} else {
		r.afterwards(in)
	}
	if !r.noMount {
		for _, d := range in.remount {
			d.mounted = d.mountable()
		}
	}
	if (in.newFS || pkg != nil && pkg.header != nil) && !in.has(flagVolume) {
		r.mount = true
	}
	if e != eok {
		return errFailed
	}
	if r.verbose {
		r.printf("received %s stream in 1.00 seconds (%s/sec)\n", niceBytes(in.received()), niceBytes(in.received()))
	}
	return nil
}

// unread is how much of the payload has not been read yet.
func (r *receiver) unread(in *incoming) int {
	if in.begin.payload != nil {
		return 0
	}
	return in.n
}

func (in *incoming) received() uint64 { return 2 * beginSize }

// known reports whether the snapshot of the stream is in the dataset already, by GUID.
func (r *receiver) known(in *incoming) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.lookup(in.fs)
	if d == nil {
		return false
	}
	for _, s := range d.snaps {
		if s.guid == in.toGUID {
			return true
		}
	}
	return false
}

// resolve works out where the stream goes and what it is.
func (r *receiver) resolve(in *incoming) bool {
	sendfs, _, _ := strings.Cut(in.toName, "@")
	if in.pkg != nil {
		sendfs = in.pkg.sendfs
	}
	chop := ""
	switch {
	case (r.tail || r.prefix) && strings.Contains(r.target, "@"):
		letter := map[bool]string{true: "-e", false: "-d"}[r.tail]
		r.complain(in.action, "invalid argument - snapshot not allowed with "+letter)
		return false
	case r.tail:
		chop = "/" + in.toName[strings.LastIndexByte(sendfs, '/')+1:]
	case r.prefix:
		chop = in.toName[strings.IndexAny(in.toName, "/@"):]
	case !strings.Contains(r.target, "@"):
		chop = strings.TrimPrefix(in.toName, sendfs)
	case in.pkg != nil && in.pkg.recursive():
		r.complain(in.action, "cannot specify snapshot name for multi-snapshot stream")
		return false
	}
	in.dest = r.target + chop
	if checkName(in.dest, kindSnapshot, false) != "" {
		r.complain(in.action, descInvalidName)
		return false
	}
	in.fs, _, _ = strings.Cut(in.dest, "@")
	if !r.resolveOrigin(in) {
		return false
	}
	from := in.fromGUID == 0 || in.has(flagClone) || r.origin != ""
	in.wantsNew = from && !in.has(flagResuming)
	switch {
	case in.wantsNew:
		in.action = "cannot receive new filesystem stream"
	case in.has(flagResuming):
		in.action = "cannot receive resume stream"
	default:
		in.action = "cannot receive incremental stream"
	}
	return true
}

// resolveOrigin finds the local snapshot a clone grows from.
func (r *receiver) resolveOrigin(in *incoming) bool {
	if r.origin != "" {
		in.origin = r.lookupSnap(r.origin)
		if in.origin == nil {
			r.complain(in.action, "specified origin fs ("+r.origin+") does not exist")
			return false
		}
		return true
	}
	if !in.has(flagClone) {
		return true
	}
	o, ok := r.byGUID(in.dest, in.fromGUID, false)
	if !ok {
		r.complain(in.action, "local origin for clone "+in.dest+" does not exist")
		return false
	}
	in.origin = o.snap
	if r.verbose {
		r.printf("found clone origin %s\n", o.name())
	}
	return true
}

// explain words what the kernel answered.
func (r *receiver) explain(in *incoming, e errno) {
	raw := in.has(flagRaw)
	dest := in.dest
	if in.newFS {
		dest = in.fs
	}
	switch e {
	case enodev:
		r.complain(in.action, "most recent snapshot of "+in.fs+" does not\nmatch incremental source")
	case etxtbsy:
		r.complain(in.action, "destination "+in.fs+" has been modified\nsince most recent snapshot")
	case eacces:
		switch {
		case raw && in.wantsNew:
			r.complain(in.action, "failed to create encryption key")
		case raw:
			r.complain(in.action, "encryption key does not match existing key")
		default:
			r.complain(in.action, "inherited key must be loaded")
		}
	case eexist:
		r.complain("cannot restore to "+dest, "destination already exists")
	case einval:
		switch {
		case in.has(flagEmbed) && !raw:
			r.complain(in.action, "incompatible embedded data stream feature with encrypted receive.")
		case r.resume:
			r.complain(in.action, "kernel modules must be upgraded to receive this stream.")
		default:
			r.complain(in.action, descBadStream)
		}
	case echecksum, etruncated:
		r.explainCut(in, e)
	case elargeblock:
		r.complain(in.action, "incremental send stream requires -L (--large-block), to match previous receive.")
	case enotsup:
		r.complain(in.action, "pool must be upgraded to receive this stream.")
	case edquot:
		r.complain(in.action, "destination "+in.fs+" space quota exceeded.")
	case eivmissing:
		r.complain(in.action, "IV set guid missing. See errata 4 at https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-ER.")
	case eivmismatch:
		r.complain(in.action, "IV set guid mismatch. See the 'zfs receive' man page section\n discussing the limitations of raw encrypted send streams.")
	case eresumeexists:
		r.complain("cannot resume recv "+dest, "Resuming recv on existing dataset without force")
	case ebusy:
		if in.hasToken {
			r.complain(in.action, "destination "+in.fs+` contains partially-complete state from "zfs receive -s".`)
			return
		}
		r.complain(in.action, ebusy.standard())
	default:
		r.complain(in.action, e.standard())
	}
}

// explainCut words a stream that broke, with the token when there is one.
func (r *receiver) explainCut(in *incoming, e errno) {
	text := "incomplete stream"
	if e == echecksum {
		text = "checksum mismatch"
	}
	if d := r.lookup(in.fs); d != nil && r.resume {
		if token, ok := d.token(); ok {
			text = "checksum mismatch or incomplete stream.\nPartially received snapshot is saved.\n" +
				"A resuming stream can be generated on the sending system by running:\n    zfs send -t " + token
		}
	}
	r.complain(in.action, text)
}
