package zfssim

import (
	"fmt"
	"io"
	"strings"

	"github.com/zfsrep/zfsrep/internal/host"
)

// lockArgs are the arguments of a shell that holds locks: the session, who, how long it is patient, then a flag and a
// name for each.
type lockArgs []string

// isLock reports whether the command is the one shell script that the machine knows: see host.Locker.
func isLock(argv []string) bool {
	return len(argv) > 6 && argv[0] == "sh" && argv[3] == host.LockProgram
}

// lock answers as the script does, and holds until its input ends.
func (c *call) lock(argv []string) int {
	if !isLock(argv) {
		c.errorf("sh: zfssim knows no script but the one that locks\n")
		return noShell
	}
	args := lockArgs(argv[4:])
	c.mu.Lock()
	var said strings.Builder
	var got lockArgs
	for i := 3; i+1 < len(args); i += 2 {
		if c.isTaken(args[i], args[i+1]) {
			fmt.Fprintf(&said, "taken %s\n", args[i+1])
		} else {
			got = append(got, args[i], args[i+1])
		}
	}
	if said.Len() > 0 {
		for _, other := range c.locks {
			fmt.Fprintf(&said, "seen %s\n", strings.Join(other, " "))
		}
	}
	c.locks[c] = append(args[:3:3], got...)
	c.mu.Unlock()
	_, _ = io.WriteString(c.stdout, said.String()+"held\n")
	_, _ = io.Copy(io.Discard, c.stdin)
	c.mu.Lock()
	delete(c.locks, c)
	c.mu.Unlock()
	return done
}

// isTaken reports whether somebody else's lock forbids this one.
func (c *call) isTaken(how, name string) bool {
	for _, held := range c.locks {
		for i := 3; i+1 < len(held); i += 2 {
			if held[i+1] == name && (how == "-x" || held[i] == "-x") {
				return true
			}
		}
	}
	return false
}
