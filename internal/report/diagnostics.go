package report

import (
	"fmt"
	"io"

	"github.com/sirupsen/logrus"

	"github.com/zfsrep/zfsrep/internal/config"
)

// Diagnostics shows what is wrong with a config, each complaint with its place, its option and a way out.
func Diagnostics(w io.Writer, file string, all config.Diagnostics, color bool) {
	s := style{color}
	for _, d := range all {
		word := s.bold(string(d.Severity))
		if d.Severity == config.Error {
			word = s.red(string(d.Severity))
		}
		fmt.Fprintf(w, "%s:%d:%d: %s: ", file, d.Line, d.Column, word)
		if d.Path != "" {
			fmt.Fprintf(w, "%s: ", s.bold(d.Path))
		}
		fmt.Fprintln(w, d.Message)
		if d.Option != "" {
			fmt.Fprintf(w, "    option: %s\n", d.Option)
		}
		if d.Hint != "" {
			fmt.Fprintf(w, "    → %s\n", d.Hint)
		}
	}
}

// LogDiagnostics puts the same into a log, one line each: the journal keeps lines, not paragraphs.
func LogDiagnostics(l *logrus.Logger, file string, all config.Diagnostics) {
	for _, d := range all {
		text := fmt.Sprintf("%s:%d:%d: ", file, d.Line, d.Column)
		if d.Path != "" {
			text += d.Path + ": "
		}
		text += d.Message
		if d.Option != "" {
			text += " (option " + d.Option + ")"
		}
		if d.Hint != "" {
			text += "; " + d.Hint
		}
		level := logrus.WarnLevel
		if d.Severity == config.Error {
			level = logrus.ErrorLevel
		}
		l.Log(level, oneLine(text))
	}
}
