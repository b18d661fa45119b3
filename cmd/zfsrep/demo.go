package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfssim"
	"github.com/zfsrep/zfsrep/plan"
)

// demoConfig is the configuration of the original design, for a machine called kraken.
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
      ]
    }
  }
}
`

// demoSizes are what the five datasets hold at first, and what changes in them every day.
var demoSizes = []struct {
	dataset     string
	first, more uint64
}{
	{"tank/services", 900 << 20, 12 << 20},
	{"tank/shack/cloud/immich", 6 << 30, 140 << 20},
	{"tank/shack/cloud/nextcloud", 2 << 30, 60 << 20},
	{"tank/shack/cloud/syncthing", 700 << 20, 9 << 20},
	{"tank/shack/cloud/vaultwarden", 4 << 20, 64 << 10},
}

func (p *program) demoCommand() *cli.Command {
	return command(&cli.Command{
		Name:  "demo",
		Usage: "watch two nights on a simulated pair of machines",
		Description: "The real program with its real planner and executor, on two machines that exist only in memory:\n" +
			"the first replication, the status, the next day's increment. Touches nothing of this machine.",
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
	d := &demonstration{program: p, dir: dir, clock: time.Date(2025, 11, 24, 3, 0, 0, 0, time.UTC)}
	d.build()
	steps := []func() error{
		func() error {
			d.say("Three nights of snapshots on kraken, and an empty pool on box. What would a run do?")
			return d.zfsrep(ctx, "plan", "--dry-run")
		},
		func() error {
			d.at(4, 0)
			d.say("At 04:00 the service runs.")
			return d.zfsrep(ctx, "run")
		},
		func() error { return d.zfsrep(ctx, "status") },
		func() error {
			d.night()
			d.at(4, 0)
			d.say("The next day at 03:00 there are new snapshots. At 04:00:")
			return d.zfsrep(ctx, "plan", "--dry-run", "--commands")
		},
		func() error { return d.zfsrep(ctx, "run") },
		func() error {
			d.say("Another run has nothing to do:")
			return d.zfsrep(ctx, "run")
		},
		func() error { return d.compare() },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// demonstration is the simulated pair, its clock, and the program that works on it.
type demonstration struct {
	*program
	dir         string
	clock       time.Time
	kraken, box *zfssim.Machine
}

func (d *demonstration) build() {
	now := func() time.Time { return d.clock }
	d.kraken = zfssim.New(zfssim.Options{Name: "this machine", Now: now, Seed: 1, StreamScale: 256})
	d.box = zfssim.New(zfssim.Options{Name: "box@192.168.1.15", Now: now, Seed: 2, StreamScale: 256, NeedSudo: true})
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

// night is a day's work and the snapshots at 03:00.
func (d *demonstration) night() {
	d.clock = d.clock.Add(24 * time.Hour)
	d.at(3, 0)
	day := d.clock.Format("2006-01-02")
	var names []string
	for _, s := range demoSizes {
		d.kraken.Fill(s.dataset, "changes of "+day, s.more)
		names = append(names, s.dataset+"@daily-"+day)
	}
	d.kraken.MustRun("zfs snapshot " + strings.Join(names, " "))
}

func (d *demonstration) at(hour, minute int) {
	y, m, day := d.clock.Date()
	d.clock = time.Date(y, m, day, hour, minute, 0, 0, time.UTC)
}

func (d *demonstration) say(text string) { fmt.Fprintf(d.stdout, "\n# %s\n", text) }

// zfsrep runs one command of the program on the simulated pair, as a person would type it.
func (d *demonstration) zfsrep(ctx context.Context, args ...string) error {
	fmt.Fprintf(d.stdout, "\n$ zfsrep %s\n", strings.Join(args, " "))
	inner := &program{stdout: d.stdout, stderr: d.stderr, now: func() time.Time { return d.clock }, log: d.log, compile: plan.Compile,
		connect: func(context.Context, plan.Connection) (host.Host, host.Host, error) {
			return d.kraken.Host(), d.box.Host(), nil
		}}
	argv := append([]string{"zfsrep", args[0], "--config", d.dir + "/config.json"}, args[1:]...)
	if args[0] == "run" {
		argv = append(argv, "--lock-dir", d.dir, "--state-dir", d.dir)
	}
	if args[0] == "status" {
		argv = append(argv, "--state-dir", d.dir)
	}
	return inner.app().RunContext(ctx, argv)
}

// compare holds both machines against each other, as somebody would who needs the backup.
func (d *demonstration) compare() error {
	d.say("Is it all there? Every snapshot, by GUID:")
	for _, s := range demoSizes {
		ours, theirs := d.history(d.kraken, s.dataset), d.history(d.box, s.dataset)
		if ours != theirs {
			return fmt.Errorf("%s differs from its replica:\n%s\n%s", s.dataset, ours, theirs)
		}
		fmt.Fprintf(d.stdout, "  %s: %d snapshots, equal on both machines\n", s.dataset, strings.Count(ours, "\n"))
	}
	return nil
}

func (d *demonstration) history(m *zfssim.Machine, dataset string) string {
	return m.MustRun("zfs list -Hp -r -t snapshot -o name,guid " + dataset)
}
