package zfssim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestRandomHistories runs commands that make sense and commands that do not, in any order, on two machines, and checks after
// each that nothing points at what is gone. Receiving checks by itself that what arrives is what was sent.
func TestRandomHistories(t *testing.T) {
	histories := 300
	if testing.Short() {
		histories = 50
	}
	for seed := range histories {
		h := newHistory(uint64(seed))
		for range 80 {
			h.step()
			for _, m := range []*Machine{h.src, h.dst} {
				if why := m.consistent(); why != "" {
					t.Fatalf("seed %d: %s\nafter\n%s\n%s", seed, why, strings.Join(h.log, "\n"), m.Dump())
				}
			}
		}
		if a, b := h.src.Dump(), h.src.Clone().Dump(); a != b {
			t.Fatalf("seed %d: a clone differs", seed)
		}
	}
}

type history struct {
	r        *rand.Rand
	src, dst *Machine
	n        int
	log      []string
}

func newHistory(seed uint64) *history {
	h := &history{r: rand.New(rand.NewPCG(seed, 1)), src: New(Options{Name: "s", Seed: seed}), dst: New(Options{Name: "d", Seed: seed})}
	for _, m := range []*Machine{h.src, h.dst} {
		m.AddPool("tank", PoolOptions{Size: 1 << 30})
		m.SetKeyFile("/k", "passphrase")
	}
	for _, line := range []string{"create tank/a", "create tank/a/c", "snapshot -r tank/a@s0", "create tank/b", "snapshot tank/b@s0"} {
		h.run(h.src, "zfs "+line)
	}
	return h
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func (h *history) ds() string {
	return pick(h.r, "tank/a", "tank/a", "tank/b", "tank/a/c", "tank/e", "tank/e/f", "tank/k")
}

// snap names a snapshot that exists, usually.
func (h *history) snap(m *Machine) string {
	list := strings.Fields(m.MustRun("zfs list -Hp -r -t snapshot -o name tank"))
	if len(list) == 0 || h.r.IntN(10) == 0 {
		return h.ds() + "@nope"
	}
	return pick(h.r, list...)
}

func (h *history) step() {
	m := pick(h.r, h.src, h.src, h.src, h.src, h.dst)
	h.n++
	switch h.r.IntN(27) {
	case 0, 1:
		h.run(m, "zfs create "+pick(h.r, "", "-p ", "-o encryption=on -o keyformat=passphrase -o keylocation=file:///k ")+h.ds())
	case 2, 3, 4:
		h.run(m, fmt.Sprintf("zfs snapshot %s%s@s%d", pick(h.r, "", "-r "), h.ds(), h.n%40))
	case 5, 6, 7:
		if ds := h.ds(); m.lookup(ds) != nil && !m.lookup(ds).inconsistent {
			m.Write(ds, pick(h.r, "f", "g"), pick(h.r, []byte{byte(h.n)}, nil))
			h.log = append(h.log, m.opt.Name+": write "+ds)
		}
	case 8:
		h.run(m, "zfs destroy "+pick(h.r, "", "-r ", "-R ", "-d ")+h.snap(m))
	case 9:
		h.run(m, "zfs destroy "+pick(h.r, "", "-r ", "-R ")+h.ds())
	case 10:
		h.run(m, "zfs rollback "+pick(h.r, "", "-r ", "-R ")+h.snap(m))
	case 11:
		h.run(m, "zfs clone "+h.snap(m)+" "+h.ds())
	case 12:
		h.run(m, "zfs promote "+h.ds())
	case 13:
		h.run(m, "zfs rename "+h.ds()+" "+h.ds())
	case 14:
		s := h.snap(m)
		h.run(m, "zfs bookmark "+s+" "+strings.ReplaceAll(s, "@", "#"))
	case 15:
		h.run(m, pick(h.r, "zfs hold x ", "zfs release x ")+h.snap(m))
	case 16:
		if h.r.IntN(4) == 0 {
			h.run(h.dst, "zfs receive -A "+h.ds())
		}
	case 17:
		h.run(m, pick(h.r, "zfs unmount ", "zfs unload-key ", "zfs load-key ", "zfs change-key -i ", "zfs set canmount=off ")+h.ds())
	default:
		h.transfer()
	}
}

func (h *history) run(m *Machine, line string) {
	_, _, code := m.Run(line)
	h.log = append(h.log, fmt.Sprintf("%s: %s = %d", m.opt.Name, line, code))
}

// common is the newest snapshot of a dataset that both machines have.
func (h *history) common(ds string) string {
	s, d := h.src.lookup(ds), h.dst.lookup(ds)
	if s == nil || d == nil {
		return ""
	}
	for _, x := range slices.Backward(s.snaps) {
		for _, y := range d.snaps {
			if x.guid == y.guid {
				return x.name
			}
		}
	}
	return ""
}

func (h *history) transfer() {
	to := h.snap(h.src)
	ds, _, _ := strings.Cut(to, "@")
	send := "zfs send " + pick(h.r, "", "-w ", "-Lc ", "-p ", "-R ", "-w -p ")
	if base := h.common(ds); base != "" && h.r.IntN(4) > 0 {
		send += pick(h.r, "-i @", "-I @") + base + " "
	} else if snaps := h.src.lookup(ds); snaps != nil && len(snaps.snaps) > 1 && h.r.IntN(4) == 0 {
		send += pick(h.r, "-i @", "-I @") + pick(h.r, snaps.snaps...).name + " "
	} else if snaps := h.src.lookup(ds); snaps != nil && snaps.origin != nil {
		send += "-i " + snaps.origin.full() + " "
	}
	send += to
	target := pick(h.r, ds, ds, ds, ds, ds, h.ds())
	if token := strings.TrimSpace(firstOf(h.dst.Run("zfs get -Hp -o value receive_resume_token " + target))); len(token) > 2 && h.r.IntN(2) == 0 {
		send = "zfs send -t " + token
	}
	receive := "zfs receive " + pick(h.r, "-s ", "-s ", "-s -F ", "") + "-u " + target
	var stream, errs bytes.Buffer
	h.src.Exec(strings.Fields(send), nil, &stream, &errs)
	b := stream.Bytes()
	cut := len(b)
	if h.r.IntN(3) == 0 {
		cut = h.r.IntN(cut + 1)
		b = b[:cut]
	}
	code := h.dst.Exec(strings.Fields(receive), bytes.NewReader(b), &errs, &errs)
	h.log = append(h.log, fmt.Sprintf("%s | %d | %s = %d", send, cut, receive, code))
}

func firstOf(a, _ string, _ int) string { return a }

// consistent checks that everything that belongs together does.
func (m *Machine) consistent() string {
	var problems []string
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, p := range m.pools {
		clones := map[*snapshot]int{}
		all := map[*dataset]bool{}
		visit := func(d *dataset) {
			all[d] = true
			if d.partial != nil {
				all[d.partial] = true
			}
		}
		p.root.walk(visit)
		for d := range all {
			if d.origin != nil {
				clones[d.origin]++
				if !all[d.origin.ds] || !slices.Contains(d.origin.ds.snaps, d.origin) {
					bad("%s has an origin that is gone", d.name)
				}
			}
			if d.crypt != nil && !all[d.crypt.root] {
				bad("%s has an encryption root that is gone", d.name)
			}
			if d.parent != nil && d.parent.partial != d && d.parent.children[d.base()] != d {
				bad("%s is not where its name says", d.name)
			}
			if !slices.IsSortedFunc(d.snaps, func(a, b *snapshot) int { return int(a.txg) - int(b.txg) }) {
				bad("%s has snapshots out of order", d.name)
			}
			for _, s := range d.snaps {
				if s.ds != d {
					bad("%s@%s belongs elsewhere", d.name, s.name)
				}
			}
		}
		for d := range all {
			for _, s := range d.snaps {
				if len(s.clones) != clones[s] {
					bad("%s counts %d clones, has %d", s.full(), len(s.clones), clones[s])
				}
				for _, k := range s.clones {
					if !all[k] || k.origin != s {
						bad("%s has a clone that is gone", s.full())
					}
				}
			}
		}
	}
	return strings.Join(problems, "; ")
}
