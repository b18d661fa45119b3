package zfssim

import "strings"

// sendArgs is a parsed `zfs send`.
type sendArgs struct {
	from      string
	all       bool // -I
	replicate bool // -R
	skip      bool // -s
	props     bool // -p
	backup    bool // -b
	holds     bool // -h
	parsable  bool // -P
	verbose   bool // -v
	dryRun    bool // -n
	large     bool // -L
	embed     bool // -e
	compress  bool // -c
	raw       bool // -w
	saved     bool // -S
	token     string
	hasToken  bool
	target    string
}

var sendLong = map[string]byte{
	"replicate": 'R', "skip-missing": 's', "redact": 'd', "props": 'p', "parsable": 'P', "dedup": 'D', "proctitle": 'V',
	"verbose": 'v', "dryrun": 'n', "large-block": 'L', "embed": 'e', "resume": 't', "compressed": 'c', "raw": 'w',
	"backup": 'b', "holds": 'h', "saved": 'S', "exclude": 'X',
}

// parseSend reads the options. ok is false when the command is over, with its exit code.
func (c *call) parseSend() (a sendArgs, code int, ok bool) {
	opts, rest, ok := c.options("i:I:RsDpVvnPLeht:cwbd:SX:", sendLong)
	if !ok {
		return a, badUse, false
	}
	for _, o := range opts {
		if !a.flag(o) {
			return a, c.usage(""), false
		}
	}
	if a.hasToken {
		if a.from != "" || a.replicate || a.props || a.backup || a.holds || a.saved {
			return a, c.usage("invalid flags combined with -t"), false
		}
		if len(rest) > 0 {
			return a, c.usage("too many arguments"), false
		}
		return a, done, true
	}
	switch {
	case len(rest) < 1:
		return a, c.usage("missing snapshot argument"), false
	case len(rest) > 1:
		return a, c.usage("too many arguments"), false
	case a.skip && !a.replicate:
		return a, c.usage("skip-missing flag can only be used in conjunction with replicate"), false
	}
	a.target = rest[0]
	return a, done, true
}

// flag takes one option; false means the usage is due.
func (a *sendArgs) flag(o option) bool {
	switch o.letter {
	case 'i', 'I':
		if a.from != "" {
			return false
		}
		a.from, a.all = o.arg, o.letter == 'I'
	case 'R':
		a.replicate = true
	case 's':
		a.skip = true
	case 'p':
		a.props = true
	case 'b':
		a.backup = true
	case 'h':
		a.holds = true
	case 'P':
		a.parsable = true
	case 'v':
		a.verbose = true
	case 'n':
		a.dryRun = true
	case 'L':
		a.large = true
	case 'e':
		a.embed = true
	case 'c':
		a.compress = true
	case 'w':
		a.raw, a.compress, a.embed, a.large = true, true, true, true
	case 'S':
		a.saved = true
	case 't':
		a.token, a.hasToken = o.arg, true
	}
	return true
}

// loud reports whether the send says what it does.
func (a *sendArgs) loud() bool { return a.verbose || a.parsable }

// gathers reports whether the stream begins with a package header that carries properties or holds.
func (a *sendArgs) gathers() bool { return a.props || a.backup || a.holds || a.replicate }

// shortFrom makes the base a full name, as the command does for -i.
func (c *call) shortFrom(a *sendArgs) {
	if a.from == "" {
		return
	}
	if !strings.ContainsAny(a.from, "@#") {
		c.errorf("Warning: incremental source didn't specify type, assuming snapshot. Use '@' or '#' prefix to avoid ambiguity.\n")
		a.from = "@" + a.from
	}
	if a.from[0] == '@' || a.from[0] == '#' {
		fs, _, _ := strings.Cut(a.target, "@")
		a.from = fs + a.from
	}
}
