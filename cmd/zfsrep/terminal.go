package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// isTerminal says that a writer is a terminal that a person looks at.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// color says that words may be coloured there (https://no-color.org).
func color(w io.Writer) bool { return isTerminal(w) && os.Getenv("NO_COLOR") == "" }

// columns is how wide the terminal is at this moment, 0 if it is none.
func columns(w io.Writer) int {
	if !isTerminal(w) {
		return 0
	}
	width, _, err := term.GetSize(int(w.(*os.File).Fd()))
	if err != nil {
		return 0
	}
	return width
}
