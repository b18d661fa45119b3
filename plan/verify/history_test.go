package verify

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// A history answers as a plain list would, whether it searches or has an index by then.
func TestHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h history
		var plain []int // positions that are there
		end := 0
		pick := func(n int) int { return rapid.IntRange(0, n).Draw(t, "pick") }
		some := func() (all []zfs.Snapshot) {
			for range pick(5) {
				all = append(all, zfs.Snapshot{Version: zfs.Version{Name: fmt.Sprint("s", end+len(all)), GUID: zfs.GUID(1000 + end + len(all))}, Holds: 1})
			}
			return all
		}
		add := func(by *action) {
			all := some()
			h.add(all, by)
			for range all {
				plain = append(plain, end)
				end++
			}
		}
		add(nil)
		for range pick(60) {
			switch n := pick(9); {
			case n == 0:
				add(&action{})
			case n == 1 && len(plain) > 0:
				i := pick(len(plain) - 1)
				h.drop(plain[i])
				plain = slices.Delete(plain, i, i+1)
			default:
				pos := pick(end + 1)
				want := -1
				if slices.Contains(plain, pos) {
					want = pos
				}
				if got := h.named(fmt.Sprint("s", pos)); got != want {
					t.Fatalf("s%d is at %d, want %d", pos, got, want)
				}
				if got := h.version(zfs.GUID(1000 + pos)); got != want {
					t.Fatalf("the GUID %d is at %d, want %d", 1000+pos, got, want)
				}
			}
		}
		top := -1
		if len(plain) > 0 {
			top = plain[len(plain)-1]
		}
		if h.top() != top || h.empty() != (len(plain) == 0) {
			t.Fatalf("the newest is %d, want %d", h.top(), top)
		}
		var spanned []int
		for _, run := range h.span(0, h.top()) {
			for _, s := range run {
				spanned = append(spanned, int(s.GUID)-1000)
			}
		}
		if !slices.Equal(spanned, plain) {
			t.Fatalf("it spans %v, want %v", spanned, plain)
		}
	})
}

// What keeps a snapshot counts from what was seen, and what arrives brings none of it along.
func TestUse(t *testing.T) {
	var h history
	held := []zfs.Snapshot{{Holds: 1, Clones: 2}}
	h.add(held, nil)
	h.add(held, &action{})
	h.use(0, use{holds: 1, clones: -1})
	h.use(1, use{holds: -5})
	if got, want := h.held(0), (use{2, 1}); got != want {
		t.Errorf("the observed one has %v, want %v", got, want)
	}
	if got := h.held(1); got != (use{}) {
		t.Errorf("the one that came has %v", got)
	}
}
