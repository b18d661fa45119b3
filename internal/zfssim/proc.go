package zfssim

import (
	"slices"
	"strings"
)

// process is a running command, as ps shows it.
type process struct {
	pid   int
	argv  []string
	fault *Fault
}

// enter records a command as running and asks the fault hooks about it.
func (m *Machine) enter(argv []string) *process {
	m.mu.Lock()
	hooks := m.faults
	p := &process{pid: m.nextPID, argv: argv}
	m.nextPID++
	m.procs[p.pid] = p
	m.mu.Unlock()
	for _, h := range hooks {
		if f := h(argv); f != nil {
			p.fault = f
			break
		}
	}
	return p
}

func (m *Machine) leave(p *process) {
	m.mu.Lock()
	delete(m.procs, p.pid)
	m.mu.Unlock()
}

// ps prints every running command, whatever columns were asked for, as `ps -eo args` does.
func (c *call) ps() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	pids := make([]int, 0, len(c.procs))
	for pid := range c.procs {
		pids = append(pids, pid)
	}
	slices.Sort(pids)
	c.printf("COMMAND\n/sbin/init\n")
	for _, pid := range pids {
		argv := c.procs[pid].argv
		if isLock(argv) {
			continue // nobody looks for it in this way
		}
		c.printf("%s\n", strings.Join(argv, " "))
		if inner := unwrap(argv); len(inner) < len(argv) {
			c.printf("%s\n", strings.Join(inner, " ")) // sudo's child
		}
	}
	return done
}

// date is `date -u +%s`, the one way to ask for the time that needs no time zone to be understood.
func (c *call) date(args []string) int {
	if strings.Join(args, " ") != "-u +%s" {
		c.errorf("date: zfssim knows only -u +%%s\n")
		return failed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.printf("%d\n", c.now())
	return done
}
