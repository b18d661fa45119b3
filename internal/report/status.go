package report

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/zfsrep/zfsrep/plan"
)

// Status is how a job stands: its replicas, and how its last run ended.
type Status struct {
	Job      string         `json:"job"`
	Target   string         `json:"target"`
	Replicas []plan.Replica `json:"replicas"`
	Last     *LastRun       `json:"lastRun"`
	Error    string         `json:"error,omitempty"` // why the replicas are not known
}

// LastRun is what a run leaves behind for the next zfsrep status.
type LastRun struct {
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended"`
	Exit      int       `json:"exit"`
	Done      int       `json:"done"`
	Bytes     int64     `json:"bytes,string"`
	Failures  []string  `json:"failures"`
	Conflicts []string  `json:"conflicts"`
}

// Statuses shows how all jobs stand.
func Statuses(w io.Writer, all []Status, now time.Time, color bool) {
	s := style{color}
	for i, st := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s → %s\n", s.bold("job "+st.Job), st.Target)
		lastRun(w, st.Last, now, s)
		if st.Error != "" {
			fmt.Fprintf(w, "  %s %s\n", s.red("!"), st.Error)
			continue
		}
		table(w, st.Replicas, now)
		for _, r := range st.Replicas {
			if c := r.Conflict; c != nil {
				fmt.Fprintf(w, "%s %s  %s\n    %s\n    → %s\n", s.red("!"), s.bold(c.Dataset), c.Code, c.Message, c.Hint)
			}
		}
	}
}

func lastRun(w io.Writer, last *LastRun, now time.Time, s style) {
	if last == nil {
		fmt.Fprintln(w, "  has not run yet")
		return
	}
	word := s.green("succeeded")
	switch {
	case last.Exit == 3:
		word = s.red("left conflicts")
	case last.Exit != 0:
		word = s.red("failed")
	}
	fmt.Fprintf(w, "  last run %s, %s, %s sent\n", word, humanize.RelTime(last.Ended, now, "ago", "from now"), humanize.IBytes(uint64(last.Bytes)))
	for _, f := range last.Failures {
		fmt.Fprintf(w, "    %s\n", f)
	}
}

func table(w io.Writer, replicas []plan.Replica, now time.Time) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  DATASET\tREPLICA\tREPLICATED\tAGE\tPENDING\tSTATE")
	for _, r := range replicas {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\n", r.Dataset, r.Target, snapshot(r.Replicated), age(r.ReplicatedAt, now), pending(r), state(r))
	}
	_ = t.Flush()
}

func snapshot(name string) string {
	if name == "" {
		return "-"
	}
	return "@" + name
}

func age(at *time.Time, now time.Time) string {
	if at == nil {
		return "-"
	}
	return humanize.RelTime(*at, now, "", "ahead")
}

func pending(r plan.Replica) string {
	if r.Pending == 0 {
		return "-"
	}
	text := count(r.Pending, "snapshot")
	if r.PendingBytes != nil {
		text += ", " + humanize.IBytes(uint64(*r.PendingBytes))
	}
	return text
}

// state is the one word that matters first.
func state(r plan.Replica) string {
	switch {
	case r.Conflict != nil:
		return string(r.Conflict.Code)
	case r.Newest == "":
		return "no snapshots"
	case r.Partial:
		return "interrupted"
	case r.Replicated == "":
		return "not replicated yet"
	case r.Pending > 0:
		return "behind"
	}
	return "up to date"
}
