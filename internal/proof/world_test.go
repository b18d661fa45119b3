package proof

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// world is a pair on which a random history happens.
type world struct {
	*pair
	t      *rapid.T
	script []string
	job    spec
	local  bool              // the target is on the same machine
	count  int               // of things made, for fresh names
	born   map[string]uint64 // every snapshot the source ever had: its content by GUID
	alien  map[string]bool   // GUIDs of snapshots that somebody took on the target
}

func newWorld(t *rapid.T) *world {
	w := &world{t: t, born: map[string]uint64{}, alien: map[string]bool{}}
	w.job = w.drawJob()
	w.local = w.pick(8) == 0
	w.pair = newPair(t)
	if w.local {
		w.onOneMachine()
	}
	w.configure(t, w.jobs()...)
	w.note("config " + fmt.Sprint(w.jobs()))
	w.here("zfs create tank/a")
	w.here("zfs create tank/b")
	if w.pick(3) == 0 {
		w.src.SetKeyFile("/key", "secret-secret")
		w.here("zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///key tank/a/e")
	}
	if w.pick(2) == 0 {
		w.here("zfs create -V 1M tank/a/v")
	}
	if w.pick(5) == 0 {
		w.dst.SetKeyFile("/other", "another-secret")
		w.there("zfs create -u -o canmount=off -o mountpoint=none -o encryption=on -o keyformat=passphrase -o keylocation=file:///other " + w.dst.pool + "/in")
	}
	w.here("zfs snapshot -r tank/a@s")
	return w
}

func (w *world) pick(n int) int { return rapid.IntRange(0, n-1).Draw(w.t, "pick") }

func one[T any](w *world, all []T) (v T, ok bool) {
	if len(all) == 0 {
		return v, false
	}
	return all[w.pick(len(all))], true
}

func (w *world) note(line string) { w.script = append(w.script, line) }

func (w *world) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("the history\n  %s\nended with: %s\nsource:\n%s\ntarget:\n%s", strings.Join(w.script, "\n  "), fmt.Sprintf(format, args...),
		w.src.Dump(), w.dst.Dump())
}

// here and there run a command as somebody would; one that ZFS refuses changes nothing and is not part of the script.
func (w *world) here(line string) bool {
	_, _, code := w.src.Run(line)
	if code == 0 {
		w.note("source$ " + line)
	}
	w.learn()
	return code == 0
}

func (w *world) there(line string) bool {
	before := map[string]bool{}
	for _, v := range versions(w.dst) {
		before[v.guid] = true
	}
	_, _, code := w.dst.Run("sudo " + line)
	if code == 0 {
		w.note("target$ " + line)
	}
	for _, v := range versions(w.dst) {
		if !before[v.guid] {
			w.alien[v.guid] = true
		}
	}
	return code == 0
}

// learn notes every snapshot that the source has.
func (w *world) learn() {
	for _, v := range versions(w.src) {
		if !v.bookmark && w.born[v.guid] == 0 {
			w.born[v.guid] = w.src.ContentID(v.full)
		}
	}
}

// event is something that happens between two runs.
func (w *world) event() {
	figures.events.Add(1)
	w.clock = w.clock.Add(60e9)
	if w.pick(10) < 6 {
		w.sourceEvent()
	} else {
		w.targetEvent()
	}
}

func (w *world) fresh() string {
	w.count++
	return fmt.Sprint("n", w.count)
}

// name is a new snapshot's: often one that is matched by the filters, sometimes one that was there before.
func (w *world) name() string {
	switch w.pick(4) {
	case 0:
		return "s"
	case 1:
		return "x" + w.fresh()
	default:
		return "d" + w.fresh()
	}
}

func below(all []string, roots ...string) []string {
	var some []string
	for _, d := range all {
		for _, r := range roots {
			if d == r || strings.HasPrefix(d, r+"/") {
				some = append(some, d)
			}
		}
	}
	return some
}

func (w *world) sourceEvent() {
	all := below(datasets(w.src), "tank/a", "tank/b")
	d, ok := one(w, all)
	if !ok {
		w.here("zfs create tank/a")
		return
	}
	vs := versions(w.src)
	v, _ := one(w, vs)
	switch w.pick(24) {
	case 0, 1, 2, 3:
		w.write(d)
		w.here("zfs snapshot " + d + "@" + w.name())
	case 4, 5, 18, 19, 20, 21, 22, 23:
		w.write(d)
		w.here("zfs snapshot -r tank/a@" + w.name())
	case 6, 7:
		w.here("zfs destroy " + v.full)
	case 8:
		w.here("zfs rename " + v.full + " " + v.dataset + "@" + w.name())
	case 9:
		w.here("zfs bookmark " + v.full + " " + v.dataset + "#" + w.fresh())
	case 10:
		w.here("zfs hold keep " + v.full)
	case 11:
		w.here("zfs rollback -r " + v.full)
	case 12:
		w.here("zfs clone " + v.full + " tank/a/" + w.fresh())
	case 13:
		plain := ""
		if w.pick(3) == 0 {
			plain = "-o encryption=off "
		}
		w.here("zfs create " + plain + d + "/" + w.fresh())
	case 14:
		w.here("zfs destroy -r " + d)
	case 15:
		w.here("zfs rename " + d + " tank/a/" + w.fresh())
	case 16:
		w.here("zfs promote " + d)
	case 17:
		if w.pick(2) == 0 {
			w.here("zfs unload-key " + d)
		} else {
			w.here("zfs load-key " + d)
		}
	}
}

func (w *world) write(d string) {
	if w.pick(3) > 0 {
		f := w.fresh()
		w.src.Fill(d, f, uint64(1+w.pick(50))<<20)
		w.note("source: " + f + " is written into " + d)
	}
}

func (w *world) targetEvent() {
	all := datasets(w.dst)
	d, _ := one(w, all)
	vs := versions(w.dst)
	v, _ := one(w, vs)
	switch w.pick(15) {
	case 14:
		if w.pick(2) == 0 {
			w.there("zfs unload-key " + d)
		} else {
			w.there("zfs load-key " + d)
		}
	case 0, 1:
		if w.dst.MustRun("zfs get -Hp -o value inconsistent "+d) == "1\n" {
			return // what a first receive left cannot be mounted
		}
		f := w.fresh()
		w.dst.Fill(d, f, 1<<20)
		w.note("target: " + f + " is written into " + d)
	case 2, 3:
		w.there("zfs snapshot " + d + "@" + w.name())
	case 4:
		w.there("zfs bookmark " + v.full + " " + v.dataset + "#" + w.fresh())
	case 5:
		w.there("zfs hold keep " + v.full)
	case 6:
		w.there("zfs set readonly=off " + d)
	case 7:
		w.there("zfs destroy " + v.full)
	case 8:
		w.there("zfs rollback -r " + v.full)
	case 9:
		w.there("zfs rename " + v.full + " " + v.dataset + "@" + w.name())
	case 10:
		w.there("zfs clone " + v.full + " " + w.dst.pool + "/" + w.fresh())
	case 11:
		if d != w.dst.pool {
			w.there("zfs rename -u " + d + " " + d[:strings.LastIndexByte(d, '/')] + "/" + w.fresh())
		}
	case 12:
		if d != w.dst.pool {
			w.there("zfs destroy -r " + d)
		}
	case 13:
		w.there("zfs create " + d + "/" + w.fresh())
	}
}
