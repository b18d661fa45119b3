package zfssim

import "strings"

// option is one option of a command line. Letter 0 is the end; ':' a missing argument and '?' an unknown option, with the
// letter in arg.
type option struct {
	letter byte
	arg    string
}

// getopt reads options as the C library does: spec holds the letters, a colon after those that take an argument. Options may
// follow operands. It returns the options in order and the operands.
func getopt(args []string, spec string, long map[string]byte) (opts []option, rest []string) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			return opts, append(rest, args[i+1:]...)
		case strings.HasPrefix(a, "--") && long != nil:
			opts, i = longOption(opts, args, i, spec, long)
		case len(a) < 2 || a[0] != '-':
			rest = append(rest, a)
		default:
			opts, i = shortOptions(opts, args, i, spec)
		}
	}
	return opts, rest
}

func longOption(opts []option, args []string, i int, spec string, long map[string]byte) ([]option, int) {
	name, value, has := strings.Cut(args[i][2:], "=")
	letter, known := long[name]
	if !known {
		return append(opts, option{'?', args[i]}), i
	}
	if !takesArg(spec, letter) {
		return append(opts, option{letter, ""}), i
	}
	if has {
		return append(opts, option{letter, value}), i
	}
	if i+1 >= len(args) {
		return append(opts, option{':', args[i]}), i
	}
	return append(opts, option{letter, args[i+1]}), i + 1
}

func shortOptions(opts []option, args []string, i int, spec string) ([]option, int) {
	a := args[i]
	for j := 1; j < len(a); j++ {
		at := strings.IndexByte(spec, a[j])
		if a[j] == ':' || at < 0 {
			opts = append(opts, option{'?', a[j : j+1]})
			continue
		}
		if !takesArg(spec, a[j]) {
			opts = append(opts, option{a[j], ""})
			continue
		}
		if j+1 < len(a) {
			return append(opts, option{a[j], a[j+1:]}), i
		}
		if i+1 < len(args) {
			return append(opts, option{a[j], args[i+1]}), i + 1
		}
		return append(opts, option{':', a[j : j+1]}), i
	}
	return opts, i
}

func takesArg(spec string, letter byte) bool {
	at := strings.IndexByte(spec, letter)
	return at >= 0 && at+1 < len(spec) && spec[at+1] == ':'
}

// flags reads options without arguments beyond the given ones and complains as every command does. ok is false when the
// usage was printed.
func (c *call) options(spec string, long map[string]byte) (opts []option, rest []string, ok bool) {
	opts, rest = getopt(c.args, spec, long)
	for _, o := range opts {
		switch o.letter {
		case '?':
			c.usage("invalid option '%s'", o.arg)
			return nil, nil, false
		case ':':
			c.usage("missing argument for '%s' option", strings.TrimLeft(o.arg, "-"))
			return nil, nil, false
		}
	}
	return opts, rest, true
}

// operands checks the number of operands, naming the missing one.
func (c *call) operands(rest []string, missing ...string) bool {
	if len(rest) < len(missing) {
		c.usage("%s", missing[len(rest)])
		return false
	}
	if len(rest) > len(missing) {
		c.usage("too many arguments")
		return false
	}
	return true
}

// pair is a property=value argument.
type pair struct{ key, value string }

// parsePair reads one into a list, refusing a second value for the same property.
func (c *call) parsePair(list []pair, arg string) ([]pair, bool) {
	k, v, ok := strings.Cut(arg, "=")
	if !ok {
		c.errorf("missing '=' for property=value argument\n")
		return list, false
	}
	for _, p := range list {
		if p.key == k {
			c.errorf("property '%s' specified multiple times\n", k)
			return list, false
		}
	}
	return append(list, pair{k, v}), true
}
