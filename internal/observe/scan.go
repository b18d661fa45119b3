package observe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// scanner walks a JSON document once, from front to back. A mistake in it ends the walk by a panic with a syntaxError.
type scanner struct {
	data    []byte
	at      int
	depth   int
	names   map[string]string
	times   map[string]time.Time
	scratch []zfs.Snapshot
}

type syntaxError struct {
	at   int
	what string
}

const maxDepth = 1000

func (s *scanner) fail(at int, what string) { panic(syntaxError{at, what}) }

// next moves to the next byte that means something and returns it.
func (s *scanner) next() byte {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	s.fail(s.at, "the document ends too early")
	return 0
}

func (s *scanner) expect(c byte) {
	if got := s.next(); got != c {
		s.fail(s.at, fmt.Sprintf("%q where %q should be", got, c))
	}
	s.at++
}

func (s *scanner) end() {
	if rest := bytes.TrimSpace(s.data[s.at:]); len(rest) > 0 {
		s.fail(s.at, "more follows after the document")
	}
}

// object calls field for each key; field must read the value. null is an object without fields.
func (s *scanner) object(field func(key []byte)) {
	s.list('{', '}', func() {
		s.next()
		key := s.str()
		s.expect(':')
		s.next()
		field(key)
	})
}

// array calls element for each element; element must read it. null is an empty array.
func (s *scanner) array(element func()) {
	s.list('[', ']', func() {
		s.next()
		element()
	})
}

func (s *scanner) list(open, close byte, member func()) {
	if s.next() == 'n' {
		s.literal("null")
		return
	}
	s.expect(open)
	if s.depth++; s.depth > maxDepth {
		s.fail(s.at, "nested too deeply")
	}
	defer func() { s.depth-- }()
	if s.next() == close {
		s.at++
		return
	}
	for {
		member()
		c := s.next()
		s.at++
		if c == close {
			return
		}
		if c != ',' {
			s.fail(s.at-1, fmt.Sprintf("%q where a comma should be", c))
		}
	}
}

// str reads a string. Without escapes it is a part of the document, not a copy.
func (s *scanner) str() []byte {
	start := s.at
	s.expect('"')
	end := bytes.IndexByte(s.data[s.at:], '"')
	if end < 0 {
		s.fail(start, "a string does not end")
	}
	raw := s.data[s.at : s.at+end]
	if bytes.IndexByte(raw, '\\') < 0 {
		s.at += end + 1
		return raw
	}
	for i := s.at; i < len(s.data); i++ {
		switch s.data[i] {
		case '\\':
			i++
		case '"':
			s.at = i + 1
			var text string
			if err := json.Unmarshal(s.data[start:s.at], &text); err != nil {
				s.fail(start, err.Error())
			}
			return []byte(text)
		}
	}
	s.fail(start, "a string does not end")
	return nil
}

// scalar reads a string's content or a number or word as it stands; nil for null.
func (s *scanner) scalar() []byte {
	switch c := s.next(); {
	case c == '"':
		if b := s.str(); b != nil {
			return b
		}
		return []byte{}
	case c == 'n':
		s.literal("null")
		return nil
	case c == '{' || c == '[':
		s.fail(s.at, fmt.Sprintf("%q where a string or number should be", c))
	}
	start := s.at
	for s.at < len(s.data) && bytes.IndexByte([]byte(",]} \t\r\n"), s.data[s.at]) < 0 {
		s.at++
	}
	return s.data[start:s.at]
}

func (s *scanner) literal(word string) {
	if !bytes.HasPrefix(s.data[s.at:], []byte(word)) {
		s.fail(s.at, "not JSON")
	}
	s.at += len(word)
}

// skip passes over a value and returns its text.
func (s *scanner) skip() []byte {
	start := s.at
	switch s.next() {
	case '{':
		s.object(func([]byte) { s.skip() })
	case '[':
		s.array(func() { s.skip() })
	default:
		s.scalar()
	}
	return s.data[start:s.at]
}
