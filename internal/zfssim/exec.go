package zfssim

import (
	"io"
	"slices"
	"strings"
)

// commands are the zfs subcommands by their full names.
var commands map[string]func(*call) int

func init() {
	commands = map[string]func(*call) int{
		"version": (*call).version, "list": (*call).list, "get": (*call).get, "set": (*call).set, "inherit": (*call).inheritCmd,
		"create": (*call).create, "clone": (*call).clone, "snapshot": (*call).snapshot, "bookmark": (*call).bookmark,
		"hold": (*call).hold, "release": (*call).release, "holds": (*call).holds, "destroy": (*call).destroy,
		"rollback": (*call).rollback, "rename": (*call).rename, "promote": (*call).promote,
		"mount": (*call).mount, "unmount": (*call).unmount, "allow": (*call).allow,
		"load-key": (*call).loadKey, "unload-key": (*call).unloadKey, "change-key": (*call).changeKey,
		"send": (*call).send, "receive": (*call).receive,
	}
}

var commandAliases = map[string]string{"recv": "receive", "snap": "snapshot", "umount": "unmount"}

// streaming are the commands that take and give up the machine's lock by themselves.
func streaming(name string) bool { return name == "send" || name == "receive" }

// Exec runs one command to its end and returns its exit code. The argument vector may begin with sudo.
func (m *Machine) Exec(argv []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return m.exec(argv, stdin, stdout, stderr, nil)
}

// exec is Exec; proc is the process the command runs as, if it does.
func (m *Machine) exec(argv []string, stdin io.Reader, stdout, stderr io.Writer, proc *running) int {
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	c := &call{Machine: m, stdin: stdin, stdout: stdout, stderr: stderr, root: !m.opt.NeedSudo, proc: proc}
	p := m.enter(argv)
	code := 0
	if p.fault == nil {
		code = c.run(argv)
	} else {
		code = c.runFaulty(argv, p.fault)
	}
	m.leave(p) // not deferred: a panic may hold the lock
	return code
}

// run does what the argument vector says.
func (c *call) run(argv []string) int {
	c.root = c.root || len(argv) > 0 && argv[0] == "sudo"
	argv = unwrap(argv)
	if len(argv) == 0 {
		return failed
	}
	var code int
	switch program := argv[0][strings.LastIndexByte(argv[0], '/')+1:]; program {
	case "zfs":
		code = c.zfs(argv[1:])
	case "zpool":
		code = c.zpool(argv[1:])
	case "ps":
		code = c.ps()
	case "date":
		code = c.date(argv[1:])
	case "true":
	case "sh":
		code = c.lock(argv)
	default:
		c.errorf("%s: command not found\n", argv[0])
		code = noShell
	}
	if c.out.Len() > 0 {
		_, _ = c.stdout.Write(c.out.Bytes())
		c.out.Reset()
	}
	return code & 0xff
}

// unwrap takes sudo and env with their own arguments off a command.
func unwrap(argv []string) []string {
	if len(argv) > 0 && argv[0] == "sudo" {
		for argv = argv[1:]; len(argv) > 0 && strings.HasPrefix(argv[0], "-"); argv = argv[1:] {
		}
	}
	if len(argv) > 0 && argv[0] == "env" {
		for argv = argv[1:]; len(argv) > 0 && strings.Contains(argv[0], "="); argv = argv[1:] {
		}
	}
	return argv
}

// zfs dispatches a subcommand.
func (c *call) zfs(args []string) int {
	if len(args) == 0 {
		c.errorf("missing command\nusage: zfs command args ...\n")
		return badUse
	}
	c.name, c.args = args[0], slices.Clone(args[1:])
	if full, ok := commandAliases[c.name]; ok {
		c.name = full
	}
	if c.name == "-V" || c.name == "--version" {
		c.name = "version"
	}
	f := commands[c.name]
	if f == nil {
		c.errorf("unrecognized command '%s'\nusage: zfs command args ...\n", args[0])
		return badUse
	}
	if !streaming(c.name) {
		c.mu.Lock()
		defer c.mu.Unlock()
	}
	return f(c)
}

// version prints what `zfs version` does.
func (c *call) version() int {
	c.printf("zfs-%s\nzfs-kmod-%s\n", c.opt.Version, c.opt.Version)
	return done
}
