package host

import (
	"errors"
	"fmt"
	"io"
)

// Gate sees the first bytes of a stream before the receiver sees any of them. It is used for one [Pipe] only.
type Gate interface {
	// Admit is given all bytes so far. With done they pass, and so does everything after them; with an error nothing
	// ever does.
	Admit(b []byte) (done bool, err error)
}

// maxHead is the most that is held back for a gate.
const maxHead = 8 << 20

// RefusedError says that a [Gate] did not let a stream pass: the receiver got no byte of it.
type RefusedError struct {
	From, To string // names of the machines
	Err      error  // what is wrong with the stream
}

// Error says between which machines, and what is wrong.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("cannot let the stream from %s into %s: %v", e.From, e.To, e.Err)
}

// Unwrap returns what is wrong with the stream.
func (e *RefusedError) Unwrap() error { return e.Err }

// admit reads until the gate has seen enough, and returns what it has read. An error of its own is the stream's fault
// and a *RefusedError, any other that of reading.
func (t *transfer) admit(out io.Reader) (head []byte, err error) {
	head = make([]byte, 0, bufferSize)
	for {
		n, err := out.Read(head[len(head):cap(head)])
		head = head[:len(head)+n]
		t.held.Store(int64(len(head)))
		if n > 0 {
			done, err := t.o.Gate.Admit(head)
			switch {
			case err != nil:
				return nil, t.refuse(err)
			case done:
				return head, nil
			case len(head) == maxHead:
				return nil, t.refuse(fmt.Errorf("it does not say what it is within %d bytes", maxHead))
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil, t.refuse(fmt.Errorf("it ends after %d bytes, before it says what it carries%s", len(head), beginning(head)))
		case err != nil:
			return nil, err
		case len(head) == cap(head):
			head = append(make([]byte, 0, min(2*cap(head), maxHead)), head...)
		}
	}
}

func (t *transfer) refuse(err error) error {
	return &RefusedError{From: t.from.Name(), To: t.to.Name(), Err: err}
}

// beginning quotes what came instead of a stream.
func beginning(head []byte) string {
	if len(head) == 0 {
		return ""
	}
	return fmt.Sprintf(": %.100q", head)
}
