package zfssim

import (
	"bytes"
	"strings"
	"testing"
)

// pair is two machines, each with a pool tank.
func twoMachines(t *testing.T) (src, dst *Machine) {
	t.Helper()
	src, dst = New(Options{Name: "src"}), New(Options{Name: "dst"})
	src.AddPool("tank", PoolOptions{})
	dst.AddPool("tank", PoolOptions{})
	return src, dst
}

// transfer pipes one command into another; cut ends the stream after so many bytes, -1 never.
func transfer(from, to *Machine, send, receive string, cut int) (sendErr, recvErr string, codes [2]int) {
	var stream, e1, e2, out bytes.Buffer
	codes[0] = from.Exec(strings.Fields(send), nil, &stream, &e1)
	b := stream.Bytes()
	if cut >= 0 && cut < len(b) {
		b = b[:cut]
	}
	codes[1] = to.Exec(strings.Fields(receive), bytes.NewReader(b), &out, &e2)
	return e1.String(), e2.String(), codes
}

func mustTransfer(t *testing.T, from, to *Machine, send, receive string) {
	t.Helper()
	if e1, e2, codes := transfer(from, to, send, receive, -1); codes != [2]int{} {
		t.Fatalf("%s | %s: %v\n%s%s", send, receive, codes, e1, e2)
	}
}

func TestFullThenIncremental(t *testing.T) {
	src, dst := twoMachines(t)
	src.MustRun("zfs create tank/a")
	src.Write("tank/a", "f", []byte("one"))
	src.MustRun("zfs snapshot tank/a@1")
	src.Write("tank/a", "f", []byte("two"))
	src.Write("tank/a", "g", []byte("new"))
	src.MustRun("zfs snapshot tank/a@2")
	mustTransfer(t, src, dst, "zfs send tank/a@1", "zfs receive -s -u tank/a")
	mustTransfer(t, src, dst, "zfs send -i @1 tank/a@2", "zfs receive -s -u tank/a")
	if got, _ := dst.Read("tank/a@1", "f"); string(got) != "one" {
		t.Errorf("f in @1 is %q", got)
	}
	if got, _ := dst.Read("tank/a", "f"); string(got) != "two" {
		t.Errorf("f in the head is %q", got)
	}
	list := "zfs list -Hp -r -t snapshot -o name,guid,creation tank"
	if a, b := src.MustRun(list), dst.MustRun(list); a != b {
		t.Errorf("source has\n%starget has\n%s", a, b)
	}
	if got := dst.MustRun("zfs get -Hp -o value written tank/a"); got != "0\n" {
		t.Errorf("written is %s", got)
	}
}

// Every place a stream can be cut at leaves something that goes on from there, or nothing.
func TestCutAnywhereAndResume(t *testing.T) {
	src, _ := twoMachines(t)
	src.MustRun("zfs create tank/a")
	for _, f := range []string{"f", "g", "h"} {
		src.Write("tank/a", f, bytes.Repeat([]byte(f), 100))
	}
	src.MustRun("zfs snapshot tank/a@1")
	src.Write("tank/a", "g", nil)
	src.Write("tank/a", "h", []byte("changed"))
	src.Fill("tank/a", "big", 1<<20)
	src.MustRun("zfs snapshot tank/a@2")
	var full bytes.Buffer
	src.Exec([]string{"zfs", "send", "-i", "@1", "tank/a@2"}, nil, &full, &full)
	for cut := 0; cut < full.Len(); cut++ {
		dst := New(Options{Name: "dst"})
		dst.AddPool("tank", PoolOptions{})
		mustTransfer(t, src, dst, "zfs send tank/a@1", "zfs receive -s -u tank/a")
		_, _, codes := transfer(src, dst, "zfs send -i @1 tank/a@2", "zfs receive -s -u tank/a", cut)
		if codes[1] != 1 {
			t.Fatalf("cut at %d: receive ended with %d", cut, codes[1])
		}
		token := strings.TrimSpace(dst.MustRun("zfs get -Hp -o value receive_resume_token tank/a"))
		if token == "-" {
			mustTransfer(t, src, dst, "zfs send -i @1 tank/a@2", "zfs receive -s -u tank/a")
		} else {
			mustTransfer(t, src, dst, "zfs send -t "+token, "zfs receive -s -u tank/a")
		}
		if a, b := src.ContentID("tank/a@2"), dst.ContentID("tank/a@2"); a != b || a == 0 {
			t.Fatalf("cut at %d: contents differ: %x, %x", cut, a, b)
		}
	}
}
