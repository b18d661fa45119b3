package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"
)

// NewLogger writes to stderr: plain lines for people, with a priority in front for the journal, which keeps the time
// and the program's name itself.
func NewLogger(stderr io.Writer, level string) *logrus.Logger {
	l := logrus.New()
	l.SetOutput(stderr)
	l.SetFormatter(lines{journal: IsJournal(stderr, os.Getenv("JOURNAL_STREAM"))})
	if lv, err := logrus.ParseLevel(level); err == nil {
		l.SetLevel(lv)
	}
	return l
}

// IsJournal says that a file is the stream to the journal that systemd announces in JOURNAL_STREAM as device:inode.
// The variable alone is not enough: whatever a service starts inherits it, wherever its output goes (systemd.exec(5)).
func IsJournal(w io.Writer, journalStream string) bool {
	f, ok := w.(*os.File)
	if !ok || journalStream == "" {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && fmt.Sprintf("%d:%d", st.Dev, st.Ino) == journalStream
}

// JournalLines makes a logger write as for the journal.
func JournalLines(l *logrus.Logger) { l.SetFormatter(lines{journal: true}) }

// lines formats an entry as "zfsrep: message", or for the journal with "<3>" and the like in front (sd-daemon(3)).
type lines struct{ journal bool }

// Format implements logrus.Formatter.
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
	b.WriteString(strings.ReplaceAll(strings.TrimRight(e.Message, "\n"), "\n", " "))
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

// AlsoToFile appends everything to a log file too, with time and level, until the closer is called. The file is
// opened once a run, so that logrotate may rename it between runs.
//
// A log that cannot be written never fails what is logged: the first failure is told on the logger's other output,
// and then no more is tried.
func AlsoToFile(l *logrus.Logger, path string, now func() time.Time) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fmt.Errorf("cannot open the log file (option log.file): %w", err)
	}
	h := &fileHook{file: f, now: now, logger: l}
	l.AddHook(h)
	return h, nil
}

type fileHook struct {
	mu     sync.Mutex
	file   io.WriteCloser // nil: closed or broken
	now    func() time.Time
	logger *logrus.Logger
}

// Levels implements logrus.Hook.
func (*fileHook) Levels() []logrus.Level { return logrus.AllLevels }

// Fire implements logrus.Hook. It never fails, because logrus would only print that, again and again.
func (h *fileHook) Fire(e *logrus.Entry) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file == nil {
		return nil
	}
	message := strings.ReplaceAll(strings.TrimRight(e.Message, "\n"), "\n", " ")
	_, err := fmt.Fprintf(h.file, "%s %-7s %s\n", h.now().Format("2006-01-02 15:04:05 -0700"), e.Level, message)
	if err != nil {
		_ = h.file.Close()
		h.file = nil
		complaint := &logrus.Entry{Logger: h.logger, Level: logrus.WarnLevel, Message: fmt.Sprintf("cannot write the log file (option log.file): %v; the run goes on without it", err)}
		if b, err := h.logger.Formatter.Format(complaint); err == nil {
			_, _ = h.logger.Out.Write(b)
		}
	}
	return nil
}

// Close ends the logging to the file.
func (h *fileHook) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file == nil {
		return nil
	}
	err := h.file.Close()
	h.file = nil
	return err
}
