package exec

import (
	"fmt"
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// Event is something that happened while a plan ran: [Started], [Progress], [Finished], [Failed] or [Skipped].
type Event interface{ event() }

// Started says that an action begins.
type Started struct{ Action *plan.Action }

// Progress says how many bytes of a send have moved.
type Progress struct {
	Action *plan.Action
	Bytes  int64
}

// Finished says that an action is done.
type Finished struct {
	Action *plan.Action
	Bytes  int64
	Took   time.Duration
	Notes  []string // what zfs said although it succeeded: a property it could not set, for one
}

// Failed says that an action failed. Err is a *DriftError, *CommandError or a connection's error.
type Failed struct {
	Action *plan.Action
	Err    error
	Bytes  int64
}

// Skipped says that an action was not tried, and why.
type Skipped struct {
	Action *plan.Action
	Why    string
}

func (Started) event()  {}
func (Progress) event() {}
func (Finished) event() {}
func (Failed) event()   {}
func (Skipped) event()  {}

// Failure is an action that failed.
type Failure struct {
	Action *plan.Action
	Err    error
}

// Result is how a run ended.
type Result struct {
	Started, Ended time.Time
	Done, Skipped  int
	Failures       []Failure
	Bytes          int64
	Interrupted    bool
}

// OK says that everything was done.
func (r Result) OK() bool { return len(r.Failures) == 0 && r.Skipped == 0 && !r.Interrupted }

// DriftError says that the world is not as the plan expects it, so the action was not tried.
type DriftError struct {
	Expect plan.Expect
	Got    string // the value found; "" when the dataset or snapshot is missing
	Host   string
}

func (e *DriftError) Error() string {
	what := fmt.Sprintf("%s has %s %s instead of %s", e.Expect.Name, e.Expect.Property, e.Got, e.Expect.Value)
	switch {
	case e.Expect.Property == "":
		what = e.Expect.Name + " exists by now"
	case e.Got == "":
		what = e.Expect.Name + " does not exist any more"
	}
	return fmt.Sprintf("not done, because something changed since the plan was made: on %s, %s", e.Host, what)
}

// CommandError says that a command of an action failed, with what it means.
type CommandError struct {
	Host    string
	Argv    []string
	Meaning zfs.Meaning
	Err     error
}

func (e *CommandError) Error() string {
	said := e.Err.Error()
	if exit, ok := e.Err.(*host.ExitError); ok {
		said = strings.Join(strings.Fields(exit.Stderr), " ")
		if said == "" {
			said = fmt.Sprintf("exit status %d", exit.Code)
		}
	}
	text := fmt.Sprintf("%s on %s: %s", program(e.Argv), e.Host, said)
	if e.Meaning.Says != "" {
		text += fmt.Sprintf(" (%s: %s)", e.Meaning.Says, e.Meaning.Do)
	}
	return text
}

// Unwrap gives the error of package host.
func (e *CommandError) Unwrap() error { return e.Err }

// program is what people call the command: "zfs receive".
func program(argv []string) string {
	for i, w := range argv {
		if w == "zfs" && i+1 < len(argv) {
			return "zfs " + argv[i+1]
		}
	}
	return strings.Join(argv, " ")
}
