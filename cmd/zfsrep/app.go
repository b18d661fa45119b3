package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// version is set by the package at link time.
var version = ""

// program is one invocation: where it prints, what time it is, and how it reaches machines. Tests make their own.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	log            *logrus.Logger
	journal        bool // the log goes to the journal
	connect        connector
	watchdog       *host.Watchdog   // nil: nobody waits for us
	locker         host.Locker      // who we are to others that replicate to the same machines
	pauses         []time.Duration  // before each further pass of a run
	atOnce         int              // see exec.Executor; 0 but in tests, which want one order
	verify         compile.Verifier // holds every plan against the invariants
}

// run is main without the process around it.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	name, _ := os.Hostname()
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now, log: report.NewLogger(stderr, "info"),
		locker: host.Locker{Run: rand.Text(), Who: name}, watchdog: host.NewWatchdog(os.Getenv("NOTIFY_SOCKET")),
		journal: report.IsJournal(stderr, os.Getenv("JOURNAL_STREAM")), verify: verify.Plan, pauses: defaultPauses}
	p.connect = p.dial
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal ends at once
	return p.exitCode(p.app().RunContext(ctx, args))
}

func (p *program) app() *cli.App {
	return &cli.App{
		Name:  "zfsrep",
		Usage: "replicate ZFS datasets as a plan says",
		Description: "zfsrep looks at both machines, makes a plan that says what will be done, in which order and why, and carries it out.\n" +
			"Start with \"zfsrep check\", then \"zfsrep plan\", which changes nothing; the service runs \"zfsrep run\".\n\n" +
			"Exit codes: 0 done or nothing to do, 1 failed and worth trying again, 2 wrong usage or config (nothing was touched),\n" +
			"3 some datasets need a decision (all others were served), 4 another run is at it.",
		Version:              programVersion(),
		Writer:               p.stdout,
		ErrWriter:            p.stderr,
		HideHelpCommand:      true,
		EnableBashCompletion: true,
		Suggest:              true,
		ExitErrHandler:       func(*cli.Context, error) {},
		OnUsageError:         func(_ *cli.Context, err error, _ bool) error { return usageError{err} },
		Commands: []*cli.Command{p.checkCommand(), p.observeCommand(), p.planCommand(), p.showCommand(), p.applyCommand(), p.runCommand(),
			p.snapshotCommand(), p.statusCommand(), p.completionCommand(), p.manCommand()},
		Action: func(c *cli.Context) error {
			switch {
			case c.Args().First() == "demo":
				return usageError{errors.New("the demo is a program of its own, which is not installed: make demo, in zfsrep's source, builds and plays it")}
			case c.NArg() > 0:
				return usageError{fmt.Errorf("there is no command %q: zfsrep --help lists them", c.Args().First())}
			}
			return cli.ShowAppHelp(c)
		},
	}
}

// command fills in what all commands share. Examples become part of its description.
func command(c *cli.Command, arguments int, examples ...string) *cli.Command {
	if len(examples) > 0 {
		c.Description += "\n\nExamples:"
		for _, e := range examples {
			c.Description += "\n   " + e
		}
	}
	action := c.Action
	c.HideHelpCommand = true
	c.OnUsageError = func(_ *cli.Context, err error, _ bool) error {
		return usageError{fmt.Errorf("%w: zfsrep %s --help lists the options", err, c.Name)}
	}
	c.Action = func(ctx *cli.Context) error {
		if n := ctx.NArg(); n != arguments {
			return usageError{fmt.Errorf("zfsrep %s takes %s, not %d: zfsrep %s --help shows how", c.Name, wanted(c, arguments), n, c.Name)}
		}
		return action(ctx)
	}
	return c
}

func wanted(c *cli.Command, arguments int) string {
	if arguments == 0 {
		return "no arguments, only options"
	}
	return "one argument (" + c.ArgsUsage + ") beside its options, which come first"
}

func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}

// Flags are made anew for each command, because parsing changes them.

func configFlag() cli.Flag {
	return &cli.StringFlag{Name: "config", Aliases: []string{"c"}, Value: "/etc/zfs-replication/config.json", Usage: "config `FILE`", TakesFile: true}
}

func jobFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "job", Usage: "only this `JOB` of the config (may be given several times)"}
}

func commandsFlag() cli.Flag {
	return &cli.BoolFlag{Name: "commands", Usage: "show every command line exactly as it will run"}
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "print JSON for machines on standard output"}
}
