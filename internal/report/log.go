package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sirupsen/logrus"
)

// NewLogger writes to stderr: plain lines for people, with a priority in front for the journal, which keeps the time itself.
func NewLogger(stderr io.Writer, level string) *logrus.Logger {
	l := logrus.New()
	l.SetOutput(stderr)
	l.SetFormatter(lines{journal: os.Getenv("JOURNAL_STREAM") != ""})
	if lv, err := logrus.ParseLevel(level); err == nil {
		l.SetLevel(lv)
	}
	return l
}

// AlsoToFile appends everything to a log file too, with time and level.
// The file is opened once a run, so that logrotate may rename it between runs.
func AlsoToFile(l *logrus.Logger, path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fmt.Errorf("cannot open the log file of option log.file: %w", err)
	}
	l.AddHook(&fileHook{f})
	return f, nil
}

// lines formats an entry as "message", with "<3>" and the like in front for the journal (sd-daemon(3)).
type lines struct{ journal bool }

func (f lines) Format(e *logrus.Entry) ([]byte, error) {
	var b bytes.Buffer
	switch {
	case f.journal:
		fmt.Fprintf(&b, "<%d>", priority(e.Level))
	case e.Level <= logrus.ErrorLevel:
		b.WriteString("zfsrep: error: ")
	case e.Level == logrus.WarnLevel:
		b.WriteString("zfsrep: warning: ")
	default:
		b.WriteString("zfsrep: ")
	}
	b.WriteString(e.Message)
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func priority(l logrus.Level) int {
	switch l {
	case logrus.PanicLevel, logrus.FatalLevel:
		return 2
	case logrus.ErrorLevel:
		return 3
	case logrus.WarnLevel:
		return 4
	case logrus.InfoLevel:
		return 6
	}
	return 7
}

type fileHook struct{ f *os.File }

func (*fileHook) Levels() []logrus.Level { return logrus.AllLevels }

func (h *fileHook) Fire(e *logrus.Entry) error {
	message := strings.ReplaceAll(e.Message, "\n", " ")
	_, err := fmt.Fprintf(h.f, "%s %-7s %s\n", e.Time.Format("2006-01-02 15:04:05 -0700"), e.Level, message)
	return err
}
