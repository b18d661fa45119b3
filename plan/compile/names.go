package compile

import (
	"fmt"
	"strings"
)

// A hint is what a person may do about a conflict: ways that exclude each other, joined so that reports can take them
// apart. A way ends with what to paste or to write, literally, behind the name of the machine or of the job.

// here and there are the two machines, with which a hint begins: a person must know where to type what follows.
func (p *pair) here() string  { return "on this machine" }
func (p *pair) there() string { return "on " + p.target() }

// target is what people call the machine of the replica.
func (p *pair) target() string { return ConnectionOf(p.job.Job).Target() }

// inJob is where an option is set.
func (p *pair) inJob() string { return "in job " + p.job.Name }

// onTarget is a line to paste on the target. Of several commands each is run only if those before it succeeded.
func (p *pair) onTarget(commands ...[]string) string { return p.there() + ": " + pasted(commands) }

// onSource is a line to paste on this machine.
func (p *pair) onSource(commands ...[]string) string { return p.here() + ": " + pasted(commands) }

// option is what to change in the job.
func (p *pair) option(format string, args ...any) string {
	return p.inJob() + ": " + fmt.Sprintf(format, args...)
}

// ways joins ways out. Those that do not exist are left out.
func ways(all ...string) string {
	var some []string
	for _, w := range all {
		if w != "" {
			some = append(some, w)
		}
	}
	return strings.Join(some, "; or ")
}

func pasted(commands [][]string) string {
	lines := make([]string, len(commands))
	for i, argv := range commands {
		words := make([]string, len(argv))
		for k, w := range argv {
			words[k] = shellWord(w)
		}
		lines[i] = strings.Join(words, " ")
	}
	return strings.Join(lines, " && ")
}

// shellWord quotes a word for a line that people paste. Of what ZFS allows in names only the space matters to a shell,
// and a bookmark's # to some of them.
func shellWord(name string) string {
	if strings.ContainsAny(name, " #") {
		return "'" + name + "'"
	}
	return name
}
