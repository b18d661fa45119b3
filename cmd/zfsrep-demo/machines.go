package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/internal/zfssim"
)

// contents are the datasets of the original design, what they hold at first, and what changes in them every day.
var contents = []struct {
	dataset     string
	first, more uint64
}{
	{"tank/services", 12 << 20, 1 << 20},
	{"tank/shack/cloud/immich", 60 << 20, 6 << 20},
	{"tank/shack/cloud/nextcloud", 20 << 20, 2 << 20},
	{"tank/shack/cloud/syncthing", 8 << 20, 300 << 10},
	{"tank/shack/cloud/vaultwarden", 512 << 10, 64 << 10},
}

// machines are the simulated pair and its clock, which jumps from night to night and goes on as always in between.
type machines struct {
	kraken, box *zfssim.Machine
	now         func() time.Time
	clock, real time.Time // it was clock when it was really real
}

func (m *machines) time() time.Time { return m.clock.Add(m.now().Sub(m.real)) }

func (m *machines) setTime(t time.Time) { m.clock, m.real = t, m.now() }

// newMachines has the datasets on kraken, and nothing on box yet.
func newMachines(now func() time.Time) *machines {
	m := &machines{now: now}
	m.setTime(time.Date(2025, 11, 24, 4, 0, 0, 0, time.UTC))
	m.kraken = zfssim.New(zfssim.Options{Name: "this machine", Now: m.time, Seed: 1, StreamScale: 1})
	m.box = zfssim.New(zfssim.Options{Name: "box@192.168.1.15", Now: m.time, Seed: 2, StreamScale: 1, NeedSudo: true})
	const tebibyte = 1 << 40
	m.kraken.AddPool("tank", zfssim.PoolOptions{Size: tebibyte})
	m.box.AddPool("tank", zfssim.PoolOptions{Size: 4 * tebibyte})
	for _, c := range contents {
		m.kraken.MustRun("zfs create -p " + c.dataset)
		m.kraken.Fill(c.dataset, "data", c.first)
	}
	return m
}

// night is a day's work, the snapshots at 03:00, and an hour of rest.
func (m *machines) night() {
	year, month, day := m.clock.Date()
	m.setTime(time.Date(year, month, day+1, 3, 0, 0, 0, time.UTC))
	date := m.clock.Format(time.DateOnly)
	var names []string
	for _, c := range contents {
		m.kraken.Fill(c.dataset, "changes of "+date, c.more)
		names = append(names, c.dataset+"@daily-"+date)
	}
	m.kraken.MustRun("zfs snapshot " + strings.Join(names, " "))
	m.setTime(m.clock.Add(time.Hour))
}

// compare holds both machines against each other, as somebody would who needs the backup.
func (m *machines) compare(w io.Writer) error {
	for _, c := range contents {
		list := "zfs list -Hp -r -t snapshot -o name,guid " + c.dataset
		ours, theirs := m.kraken.MustRun(list), m.box.MustRun(list)
		same := ours == theirs
		for line := range strings.Lines(ours) {
			name, _, _ := strings.Cut(line, "\t")
			same = same && m.kraken.ContentID(name) == m.box.ContentID(name)
		}
		if !same {
			return fmt.Errorf("%s differs from its replica:\n%s\n%s", c.dataset, ours, theirs)
		}
		fmt.Fprintf(w, "  %-29s %d snapshots, equal on both machines\n", c.dataset, strings.Count(ours, "\n"))
	}
	return nil
}
