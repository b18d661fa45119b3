package host

import (
	"strings"
	"testing"
)

func TestTailKeepsTheEnd(t *testing.T) {
	for _, size := range []int{1, 7, 4096, tailSize - 1, tailSize, tailSize + 1, 3*tailSize + 5} {
		var kept tail
		var all strings.Builder
		for i := 0; all.Len() < 5*tailSize; i++ {
			piece := strings.Repeat(string(rune('a'+i%26)), size)
			all.WriteString(piece)
			if n, err := kept.Write([]byte(piece)); n != size || err != nil {
				t.Fatalf("Write of %d returned %d, %v", size, n, err)
			}
			if len(kept.buf) > 2*tailSize {
				t.Fatalf("the buffer holds %d bytes", len(kept.buf))
			}
		}
		if want := all.String()[all.Len()-tailSize:]; kept.String() != want {
			t.Errorf("pieces of %d: not the last %d bytes", size, tailSize)
		}
	}
}
