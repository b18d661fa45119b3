package report

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// resumeCommand is what zfs receive says about resuming by hand, with a token of several hundred characters.
var resumeCommand = regexp.MustCompile(` A resuming stream can be generated on the sending system by running: zfs send -t \S+`)

// Explain is an error in words: what happened, on which machine, and what to do.
func Explain(err error) string {
	text := resumeCommand.ReplaceAllString(oneLine(err.Error()), "")
	if errors.Is(err, context.Canceled) {
		text = "interrupted"
	}
	if do := advice(err); do != "" && !strings.Contains(text, do) {
		text = strings.TrimRight(text, ".") + "; " + do
	}
	return text
}

// advice is the way out of an error.
func advice(err error) string {
	var (
		drift   *exec.DriftError
		command *exec.CommandError
		stalled *host.StalledError
		conn    *host.ConnError
	)
	switch {
	case host.Hint(err) != "":
		return host.Hint(err)
	case errors.Is(err, context.Canceled):
		return "the next run goes on from there"
	case errors.As(err, &drift):
		return "a new plan takes that into account"
	case errors.As(err, &stalled):
		return "the next run resumes it; timeouts.stall is how long a transfer may stand still"
	case errors.As(err, &conn):
		return "the next run tries again"
	case errors.As(err, &command) && command.Meaning.Class == zfs.ClassUnknown:
		return "zfsrep plan --commands shows the command line, to try it by hand"
	}
	return ""
}
