package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/internal/zfssim"
	"github.com/zfsrep/zfsrep/plan"
)

// demoConfig is the configuration of the original design, for a machine called kraken. The bandwidth is there to have
// something to watch.
const demoConfig = `{
  "version": 1,
  "jobs": {
    "default": {
      "remoteHost": "192.168.1.15",
      "remoteUser": "box",
      "remotePool": "tank",
      "datasets": [
        "tank/services",
        "tank/shack/cloud/immich",
        "tank/shack/cloud/nextcloud",
        "tank/shack/cloud/syncthing",
        "tank/shack/cloud/vaultwarden"
      ],
      "limits": { "bandwidth": "50M" }
    }
  }
}
`

// demoSizes are what the five datasets hold at first, and what changes in them every day.
var demoSizes = []struct {
	dataset     string
	first, more uint64
}{
	{"tank/services", 12 << 20, 1 << 20},
	{"tank/shack/cloud/immich", 60 << 20, 6 << 20},
	{"tank/shack/cloud/nextcloud", 20 << 20, 2 << 20},
	{"tank/shack/cloud/syncthing", 8 << 20, 300 << 10},
	{"tank/shack/cloud/vaultwarden", 512 << 10, 64 << 10},
}

func (p *program) demoCommand() *cli.Command {
	return command(&cli.Command{
		Name:  "demo",
		Usage: "watch three nights on a simulated pair of machines",
		Description: "The real program with its real planner and executor, on two machines that exist only in memory:\n" +
			"the first replication, an increment, a replica that somebody meddled with, and the comparison in the end.\n" +
			"Touches nothing of this machine.",
		Action: func(c *cli.Context) error { return p.demo(c.Context) },
	}, 0)
}

// demo plays the design's daily workflow.
func (p *program) demo(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "zfsrep-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(dir+"/config.json", []byte(demoConfig), 0o644); err != nil {
		return err
	}
	d := &demonstration{program: p, dir: dir}
	d.build()
	const meddled = "tank/shack/cloud/vaultwarden"
	for _, scene := range []struct {
		words  string
		before func()
		args   []string
		exit   int
	}{
		{"Three nights of snapshots on kraken, and an empty pool on box. What would a run do?", nil, []string{"plan", "--dry-run"}, exitOK},
		{"At 04:00 the service runs.", nil, []string{"run"}, exitOK},
		{"The next night there are new snapshots.", d.night, []string{"run"}, exitOK},
		{"Then somebody takes a snapshot of a replica, by hand.", func() {
			d.box.MustRun("sudo zfs snapshot " + meddled + "@before-my-experiment")
			d.night()
		}, []string{"plan", "--dry-run"}, exitConflict},
		{"That needs a decision. The other datasets do not wait for it.", nil, []string{"run"}, exitConflict},
		{"It was not needed. On box: zfs rollback -r " + meddled + "@daily-2025-11-28", func() {
			d.box.MustRun("sudo zfs rollback -r " + meddled + "@daily-2025-11-28")
		}, []string{"run"}, exitOK},
		{"Is everything where it should be?", nil, []string{"status"}, exitOK},
	} {
		if scene.before != nil {
			scene.before()
		}
		fmt.Fprintf(d.stdout, "\n# %s\n", scene.words)
		if err := d.zfsrep(ctx, scene.exit, scene.args...); err != nil {
			return err
		}
	}
	return d.compare()
}

// demonstration is the simulated pair, its clock, and the program that works on it.
type demonstration struct {
	*program
	dir         string
	clock, real time.Time // it was clock when it was really real
	kraken, box *zfssim.Machine
}

// time is the demo's time: it jumps from night to night and goes on as always in between.
func (d *demonstration) time() time.Time { return d.clock.Add(d.now().Sub(d.real)) }

func (d *demonstration) build() {
	d.setTime(time.Date(2025, 11, 24, 4, 0, 0, 0, time.UTC))
	d.kraken = zfssim.New(zfssim.Options{Name: "this machine", Now: d.time, Seed: 1, StreamScale: 1})
	d.box = zfssim.New(zfssim.Options{Name: "box@192.168.1.15", Now: d.time, Seed: 2, StreamScale: 1, NeedSudo: true})
	const tebibyte = 1 << 40
	d.kraken.AddPool("tank", zfssim.PoolOptions{Size: tebibyte})
	d.box.AddPool("tank", zfssim.PoolOptions{Size: 4 * tebibyte})
	for _, s := range demoSizes {
		d.kraken.MustRun("zfs create -p " + s.dataset)
		d.kraken.Fill(s.dataset, "data", s.first)
	}
	for range 3 {
		d.night()
	}
}

// night is a day's work, the snapshots at 03:00, and an hour of rest.
func (d *demonstration) night() {
	y, m, day := d.clock.Date()
	d.setTime(time.Date(y, m, day+1, 3, 0, 0, 0, time.UTC))
	date := d.clock.Format(time.DateOnly)
	var names []string
	for _, s := range demoSizes {
		d.kraken.Fill(s.dataset, "changes of "+date, s.more)
		names = append(names, s.dataset+"@daily-"+date)
	}
	d.kraken.MustRun("zfs snapshot " + strings.Join(names, " "))
	d.setTime(d.clock.Add(time.Hour))
}

func (d *demonstration) setTime(t time.Time) { d.clock, d.real = t, d.now() }

// zfsrep runs one command of the program on the simulated pair, as a person would type it, and holds it to its exit
// code. Everything goes to standard output, so that nothing gets out of order.
func (d *demonstration) zfsrep(ctx context.Context, exit int, args ...string) error {
	fmt.Fprintf(d.stdout, "\n$ zfsrep %s\n", strings.Join(args, " "))
	inner := &program{stdin: d.stdin, stdout: d.stdout, stderr: d.stdout, now: d.time, log: report.NewLogger(d.stdout, "info"), compile: plan.Compile,
		connect: func(context.Context, plan.Connection) (host.Host, host.Host, error) {
			return d.kraken.Host(), d.box.Host(), nil
		}}
	argv := append([]string{"zfsrep", args[0], "--config", d.dir + "/config.json"}, args[1:]...)
	if args[0] == "run" {
		argv = append(argv, "--lock-dir", d.dir)
	}
	if args[0] != "plan" {
		argv = append(argv, "--state-dir", d.dir)
	}
	code := inner.exitCode(inner.app().RunContext(ctx, argv))
	if code != exitOK {
		fmt.Fprintf(d.stdout, "(exit code %d)\n", code)
	}
	if code != exit {
		return outcome(code)
	}
	return nil
}

// compare holds both machines against each other, as somebody would who needs the backup.
func (d *demonstration) compare() error {
	fmt.Fprint(d.stdout, "\n# Both machines, compared: every snapshot by GUID and by content.\n\n")
	for _, s := range demoSizes {
		list := "zfs list -Hp -r -t snapshot -o name,guid " + s.dataset
		ours, theirs := d.kraken.MustRun(list), d.box.MustRun(list)
		same := ours == theirs
		for line := range strings.Lines(ours) {
			name, _, _ := strings.Cut(line, "\t")
			same = same && d.kraken.ContentID(name) == d.box.ContentID(name)
		}
		if !same {
			return fmt.Errorf("%s differs from its replica:\n%s\n%s", s.dataset, ours, theirs)
		}
		fmt.Fprintf(d.stdout, "  %-29s %d snapshots, equal on both machines\n", s.dataset, strings.Count(ours, "\n"))
	}
	return nil
}
