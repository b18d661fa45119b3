package proof

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfssim"
	"github.com/zfsrep/zfsrep/plan"
)

// A received refquota keeps ZFS from rolling a replica back: that is a conflict with a way out, not a full pool.
func TestRefquotaBlocksRollback(t *testing.T) {
	p := newPair(t)
	p.src.MustRun("zfs create tank/a")
	p.src.Fill("tank/a", "f", 8<<20)
	p.src.MustRun("zfs snapshot tank/a@1")
	p.night(t)
	p.dst.Write("tank/a", "f", []byte("less"))
	p.dst.MustRun("sudo zfs set refquota=1M tank/a")
	p.src.MustRun("zfs snapshot tank/a@2")
	made := p.night(t)
	if len(made.Conflicts) != 1 || made.Conflicts[0].Code != plan.Blocked || !strings.Contains(made.Conflicts[0].Message, "its refquota is 1.0 MiB") {
		t.Fatalf("%s", show(made))
	}
	w := made.Conflicts[0].WaysOut()[0]
	p.dst.MustRun("sudo " + w.Literal)
	p.night(t)
	p.same(t, "tank/a", "tank/a")
}

// What would act on the machine that has the replica stays a received value, and the nights after the first one go on,
// whoever receives.
func TestPropertiesTakeNoEffect(t *testing.T) {
	loud := map[string]string{"zoned": "on", "sharenfs": "on", "dedup": "on", "sync": "disabled", "quota": "5G", "snapshot_limit": "1",
		"com.sun:auto-snapshot": "true", "com.sun:auto-snapshot:daily": "true", "zfsrep:place": "tank/a", "com.example:note": "mine", "compression": "zstd"}
	calm := map[string]string{"zoned": "off", "sharenfs": "off", "dedup": "off", "sync": "standard", "quota": "0", "com.sun:auto-snapshot:daily": "-",
		"zfsrep:place": "-", "mounted": "no", "com.example:note": "mine", "compression": "zstd"}
	for _, privilege := range []string{"sudo", "none"} {
		p := newPair(t, spec{"privilege": privilege, "send": map[string]any{"properties": true}})
		if privilege == "none" {
			p.dst = side{zfssim.New(zfssim.Options{Name: "box", Seed: 2, Now: p.now, StreamScale: 1 << 20}), "tank"}
			p.dst.AddPool("tank", zfssim.PoolOptions{Size: 1 << 40, Props: map[string]string{"mountpoint": "none", "canmount": "off"}})
		}
		p.src.MustRun("zfs create tank/a")
		for k, v := range loud {
			if k != "zoned" {
				p.src.MustRun("zfs set " + k + "=" + v + " tank/a")
			}
		}
		p.src.MustRun("zfs set zoned=on tank/a")
		for night := range 3 {
			p.src.MustRun(fmt.Sprint("zfs snapshot tank/a@", night))
			p.night(t)
			for k, v := range calm {
				if got := strings.TrimSpace(p.dst.MustRun("zfs get -Hp -o value " + k + " tank/a")); got != v {
					t.Errorf("%s, night %d: %s is %s instead of %s", privilege, night, k, got, v)
				}
			}
		}
		for _, k := range []string{"zoned", "dedup", "sync", "sharenfs", "com.sun:auto-snapshot:daily"} {
			if got := strings.TrimSpace(p.dst.MustRun("zfs get -Hp -o received " + k + " tank/a")); got != loud[k] {
				t.Errorf("%s: a restore finds %s=%s instead of %s", privilege, k, got, loud[k])
			}
		}
	}
}

// A replica that is handed to a container by a stream of before is taken back by the next one.
func TestZonedReplica(t *testing.T) {
	p := newPair(t, spec{"send": map[string]any{"properties": true}})
	p.src.MustRun("zfs create tank/a")
	p.src.MustRun("zfs set zoned=on tank/a")
	p.src.MustRun("zfs snapshot tank/a@1")
	r := host.Pipe(t.Context(), p.src.Host(), strings.Fields("zfs send -p tank/a@1"), p.dst.Host(),
		strings.Fields("sudo zfs receive -s -u -o canmount=noauto -o mountpoint=none -o readonly=on -o sharenfs=off tank/a"), host.PipeOptions{})
	if got := p.dst.MustRun("zfs get -Hp -o value zoned tank/a"); r.Err() != nil || got != "on\n" {
		t.Fatal(got, r.Err())
	}
	p.src.MustRun("zfs snapshot tank/a@2")
	p.night(t)
	if got := p.dst.MustRun("zfs get -Hp -o value,received zoned tank/a"); got != "off\ton\n" {
		t.Error(got)
	}
}

// Properties begin to come along later on: then ZFS forgets once what was set on the replica, which must be set again.
func TestPropertiesFromNowOn(t *testing.T) {
	quiet := map[string]any{"properties": map[string]any{"compression": "gzip", "com.example:kept": "yes"}}
	p := newPair(t, spec{"receive": quiet})
	p.src.MustRun("zfs create -o compression=zstd -o mountpoint=/data tank/a")
	p.src.MustRun("zfs snapshot tank/a@1")
	p.night(t)
	p.configure(t, spec{"receive": quiet, "send": map[string]any{"properties": true}})
	p.src.MustRun("zfs snapshot tank/a@2")
	p.night(t)
	got := strings.Fields(p.dst.MustRun("zfs get -Hp -o value compression,com.example:kept,readonly,canmount,mountpoint tank/a"))
	if want := "gzip yes on noauto none"; strings.Join(got, " ") != want {
		t.Errorf("%v instead of %s", got, want)
	}
}

// What another tool replicated is brought in line once, and what somebody made writable is left alone.
func TestTakenOver(t *testing.T) {
	p := newPair(t, spec{"receive": map[string]any{"properties": map[string]any{"compression": "gzip-6", "recordsize": "1M", "com.example:by": "zfsrep"}}})
	for _, c := range []string{"create tank/a", "create tank/a/b", "create -V 1M tank/a/v", "snapshot -r tank/a@1"} {
		p.src.MustRun("zfs " + c)
	}
	pool := "sudo zfs set mountpoint=none canmount=off tank"
	p.dst.MustRun(pool)
	for _, d := range []string{"tank/a", "tank/a/b", "tank/a/v"} {
		r := host.Pipe(t.Context(), p.src.Host(), strings.Fields("zfs send "+d+"@1"), p.dst.Host(), strings.Fields("sudo zfs receive -u "+d), host.PipeOptions{})
		if r.Err() != nil {
			t.Fatal(r.Err())
		}
	}
	made := p.night(t)
	if len(made.Conflicts)+len(made.Warnings) > 0 {
		t.Errorf("%s%v", show(made), made.Warnings)
	}
	for d, want := range map[string]string{"tank/a": "on gzip 1048576 zfsrep", "tank/a/b": "on gzip 1048576 zfsrep", "tank/a/v": "on gzip - zfsrep"} {
		if got := strings.Fields(p.dst.MustRun("zfs get -Hp -o value readonly,compression,recordsize,com.example:by " + d)); strings.Join(got, " ") != want {
			t.Errorf("%s: %v instead of %s", d, got, want)
		}
	}
	if again := p.night(t); !again.Empty() {
		t.Fatalf("planning again is not empty:\n%s", show(again))
	}
	p.dst.MustRun("sudo zfs set readonly=off compression=lz4 tank/a/b") // a failover
	if made := p.night(t); !made.Empty() || len(made.Warnings) != 1 || !strings.Contains(made.Warnings[0].Message, "zfs set readonly=on tank/a/b") {
		t.Errorf("%s%v", show(made), made.Warnings)
	}
}

// A new passphrase reaches the replica with the next snapshot; until then it is said that the old one still opens it.
func TestPassphraseChanged(t *testing.T) {
	p := newPair(t)
	secret := func(m side, command, words string) {
		if code := m.Exec(strings.Fields(command), strings.NewReader(words+"\n"+words+"\n"), io.Discard, io.Discard); code != 0 {
			t.Fatalf("%s: %d", command, code)
		}
	}
	secret(p.src, "zfs create -o encryption=on -o keyformat=passphrase tank/a", "old-passphrase")
	p.src.MustRun("zfs create tank/a/b")
	p.src.MustRun("zfs snapshot -r tank/a@1")
	p.night(t)
	secret(p.src, "zfs change-key tank/a", "new-passphrase")
	made := p.night(t)
	if len(made.Warnings) != 2 || !strings.Contains(made.Warnings[0].Message, "opens with the one of then only") || !made.Empty() {
		t.Fatalf("%s%v", show(made), made.Warnings)
	}
	secret(p.dst, "sudo zfs load-key tank/a", "old-passphrase")
	p.dst.MustRun("sudo zfs unload-key tank/a")
	p.src.MustRun("zfs snapshot -r tank/a@2")
	for range 2 {
		if made := p.night(t); len(made.Warnings) > 0 {
			t.Errorf("%v", made.Warnings)
		}
	}
	secret(p.dst, "sudo zfs load-key tank/a", "new-passphrase")
}
