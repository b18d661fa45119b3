package host

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Harmless makes what another machine said fit to be shown and kept: whatever is not a printable character, a tab or the
// end of a line is written as an escape, so that nothing moves a cursor or hides in a journal.
func Harmless(text string) string {
	if isHarmless(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case strings.HasPrefix(text, "\r\n"): // as terminals end lines
		case r == utf8.RuneError && size == 1, !isShown(r):
			quoted := strconv.QuoteToASCII(text[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}

func isShown(r rune) bool { return r == '\n' || r == '\t' || unicode.IsPrint(r) }

func isHarmless(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !isShown(r) }) < 0
}

// harmlessError is an error with the text of another machine in it.
type harmlessError struct{ error }

func (e harmlessError) Error() string { return Harmless(e.error.Error()) }

func (e harmlessError) Unwrap() error { return e.error }
