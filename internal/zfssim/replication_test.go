package zfssim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestRandomReplication replicates one dataset whose snapshots come and go, over a link that breaks all the time, plain or
// raw, and checks that the replica's newest snapshot always holds what the source's of the same GUID holds.
func TestRandomReplication(t *testing.T) {
	histories := 200
	if testing.Short() {
		histories = 30
	}
	resumed := 0
	for seed := range histories {
		h := newReplication(uint64(seed))
		for range 60 {
			h.step()
			if why := h.src.consistent() + h.dst.consistent(); why != "" {
				t.Fatalf("seed %d: %s", seed, why)
			}
		}
		for range 20 { // the link holds now
			h.send(false)
		}
		src, dst := h.newest(h.src), h.newest(h.dst)
		if src == nil || dst == nil || src.guid != dst.guid || src.content.hash() != dst.content.hash() {
			t.Fatalf("seed %d: the replica is not the source's newest\n%s\n%s%s", seed, strings.Join(h.log, "\n"), h.src.Dump(), h.dst.Dump())
		}
		resumed += h.resumed
	}
	if resumed < histories {
		t.Errorf("only %d transfers were resumed in %d histories", resumed, histories)
	}
}

type replication struct {
	r        *rand.Rand
	src, dst *Machine
	raw      string
	n        int
	resumed  int
	log      []string
}

func newReplication(seed uint64) *replication {
	h := &replication{r: rand.New(rand.NewPCG(seed, 2)), src: New(Options{Name: "s", Seed: seed}), dst: New(Options{Name: "d", Seed: seed})}
	h.src.AddPool("tank", PoolOptions{})
	h.dst.AddPool("tank", PoolOptions{})
	h.src.SetKeyFile("/k", "passphrase")
	if seed%2 == 0 {
		h.raw = "-w "
		h.src.MustRun("zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///k tank/a")
	} else {
		h.src.MustRun("zfs create tank/a")
	}
	return h
}

func (h *replication) newest(m *Machine) *snapshot {
	d := m.lookup("tank/a")
	if d == nil {
		return nil
	}
	return d.latest()
}

func (h *replication) step() {
	h.n++
	switch h.r.IntN(10) {
	case 0, 1, 2:
		h.src.Write("tank/a", pick(h.r, "f", "g", "h"), pick(h.r, bytes.Repeat([]byte{byte(h.n)}, h.r.IntN(400<<10)+1), nil))
	case 3, 4:
		h.run(h.src, fmt.Sprintf("zfs snapshot tank/a@%d", h.n))
		h.run(h.src, fmt.Sprintf("zfs bookmark tank/a@%d tank/a#%d", h.n, h.n))
	case 5: // prune the source: bookmarks keep the chain
		if d := h.src.lookup("tank/a"); len(d.snaps) > 1 {
			h.run(h.src, "zfs destroy "+d.snaps[h.r.IntN(len(d.snaps)-1)].full())
		}
	case 6:
		if h.r.IntN(5) == 0 {
			h.run(h.dst, "zfs receive -A tank/a")
		}
	default:
		h.send(true)
	}
}

func (h *replication) run(m *Machine, line string) int {
	_, _, code := m.Run(line)
	h.log = append(h.log, fmt.Sprintf("%s: %s = %d", m.opt.Name, line, code))
	return code
}

// send brings the replica one step further, or breaks.
func (h *replication) send(breaks bool) {
	token := strings.TrimSpace(firstOf(h.dst.Run("zfs get -Hp -o value receive_resume_token tank/a")))
	line := "zfs send -t " + token
	if len(token) < 3 {
		if line = h.plan(); line == "" {
			return
		}
	}
	var stream, errs bytes.Buffer
	if h.src.Exec(strings.Fields(line), nil, &stream, &errs) != 0 {
		if len(token) > 2 { // what it was about is gone
			h.dst.MustRun("zfs receive -A tank/a")
		}
		h.log = append(h.log, line+": "+errs.String())
		return
	}
	b := stream.Bytes()
	if breaks && h.r.IntN(2) == 0 {
		b = b[:h.r.IntN(len(b))]
	}
	code := h.dst.Exec(strings.Fields("zfs receive -s -u tank/a"), bytes.NewReader(b), &errs, &errs)
	h.log = append(h.log, fmt.Sprintf("%s | %d of %d = %d %s", line, len(b), stream.Len(), code, errs.String()))
	if code == 0 && len(token) > 2 {
		h.resumed++
	}
}

// plan is the send that brings the newest snapshot over, from the newest common one or its bookmark.
func (h *replication) plan() string {
	to, at := h.newest(h.src), h.newest(h.dst)
	switch {
	case to == nil:
		return ""
	case at == nil:
		return "zfs send " + h.raw + to.full()
	case at.guid == to.guid:
		return ""
	}
	for _, s := range h.src.lookup("tank/a").snaps {
		if s.guid == at.guid {
			return "zfs send " + h.raw + pick(h.r, "-i @", "-I @") + s.name + " " + to.full()
		}
	}
	for _, b := range h.src.lookup("tank/a").marks {
		if b.guid == at.guid {
			return "zfs send " + h.raw + "-i " + b.full() + " " + to.full()
		}
	}
	return ""
}
