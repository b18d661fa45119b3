package host

import (
	"strings"
	"sync"
)

// tailSize is how much of a command's standard error is kept.
const tailSize = 64 << 10

// tail is a writer that keeps the last tailSize bytes written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write never fails. The buffer grows to twice the size before its older half is dropped, so that long output
// is moved once per tailSize bytes and not once per write.
func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	if n > tailSize {
		p = p[n-tailSize:]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.buf)+len(p) > 2*tailSize {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-tailSize:]...)
	}
	t.buf = append(t.buf, p...)
	return n, nil
}

// String returns what is kept, fit to be shown.
func (t *tail) String() string {
	t.mu.Lock()
	text := string(t.buf[max(0, len(t.buf)-tailSize):])
	t.mu.Unlock()
	return lastBytes(Harmless(text), tailSize)
}

// lastBytes cuts a text from the front to so many bytes, but no character in two.
func lastBytes(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[len(text)-most:], "")
}
