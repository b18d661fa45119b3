package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/zfsrep/zfsrep/internal/report"
)

// version is set by the package at link time.
var version = ""

// program is one invocation: where it prints, what time it is, and how it reaches machines.
type program struct {
	stdout, stderr io.Writer
	now            func() time.Time
	log            *logrus.Logger
	connect        connector
}

// run is main without the process around it.
func run(args []string, stdout, stderr io.Writer) int {
	p := &program{stdout: stdout, stderr: stderr, now: time.Now, log: report.NewLogger(stderr, "info"), connect: dial}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return p.exitCode(p.app().RunContext(ctx, args))
}

func (p *program) app() *cli.App {
	return &cli.App{
		Name:                 "zfsrep",
		Usage:                "replicate ZFS datasets as a plan says",
		Version:              programVersion(),
		Writer:               p.stdout,
		ErrWriter:            p.stderr,
		HideHelpCommand:      true,
		EnableBashCompletion: true,
		ExitErrHandler:       func(*cli.Context, error) {},
		OnUsageError:         func(_ *cli.Context, err error, _ bool) error { return usageError{err} },
		Commands: []*cli.Command{p.checkCommand(), p.observeCommand(), p.planCommand(), p.applyCommand(), p.runCommand(),
			p.statusCommand(), p.demoCommand()},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usageError{fmt.Errorf("there is no command %q: zfsrep --help lists them", c.Args().First())}
			}
			return cli.ShowAppHelp(c)
		},
	}
}

// command fills in what all commands share.
func command(c *cli.Command, arguments int) *cli.Command {
	action := c.Action
	c.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return usageError{err} }
	c.Action = func(ctx *cli.Context) error {
		if ctx.NArg() != arguments {
			return usageError{fmt.Errorf("zfsrep %s takes %d arguments beside its options, not %d: zfsrep %s --help shows how", c.Name, arguments, ctx.NArg(), c.Name)}
		}
		return action(ctx)
	}
	return c
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

// isTerminal says that a writer is a terminal that a person looks at.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// color says that words may be coloured there.
func color(w io.Writer) bool { return isTerminal(w) && os.Getenv("NO_COLOR") == "" }

var (
	configFlag = &cli.StringFlag{Name: "config", Aliases: []string{"c"}, Value: "/etc/zfs-replication/config.json", Usage: "config `FILE`", TakesFile: true}
	jobFlag    = &cli.StringSliceFlag{Name: "job", Usage: "only this job of the config (may be given several times)"}
	jsonFlag   = &cli.BoolFlag{Name: "json", Usage: "print JSON for machines"}
)
