package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/plan"
)

// StatusVersion is the format of status --json.
const StatusVersion = 1

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
	Started   time.Time      `json:"started"`
	Ended     time.Time      `json:"ended"`
	Exit      int            `json:"exit"`
	Done      int            `json:"done"`
	Bytes     int64          `json:"bytes,string"`
	Failures  []string       `json:"failures"`
	Conflicts []string       `json:"conflicts"`
	Replicas  []plan.Replica `json:"replicas,omitempty"` // as of the end of the last run with --metrics that saw them
}

// Statuses shows how all jobs stand, and how zfsrep snapshot ended if that did not go well; nil: it has not run.
func Statuses(w io.Writer, all []Status, snapshots *LastRun, now time.Time, color bool, columns int) {
	v := statusView{w, now, style{color}, textWidth(columns)}
	for i := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		v.job(&all[i])
	}
	if snapshots != nil && snapshots.Exit != 0 {
		fmt.Fprintf(w, "\n%s %s ago\n", v.s.red("zfsrep snapshot failed"), span(now.Sub(snapshots.Ended)))
		for _, f := range append(snapshots.Failures, snapshots.Conflicts...) {
			bullet(w, "-", f, v.width, 2)
		}
	}
}

type statusView struct {
	w     io.Writer
	now   time.Time
	s     style
	width int
}

func (v statusView) job(st *Status) {
	fmt.Fprintln(v.w, v.s.bold("job "+st.Job+": this machine → "+st.Target))
	v.lastRun(st.Last)
	if st.Error != "" {
		bullet(v.w, v.s.red("!"), st.Error, v.width, 0)
		return
	}
	fmt.Fprintln(v.w, tally(st.Replicas))
	if len(st.Replicas) > 0 {
		fmt.Fprintln(v.w)
	}
	longest := 0
	for _, r := range st.Replicas {
		longest = max(longest, columns(replicaName(r)))
	}
	for i := range st.Replicas {
		v.replica(&st.Replicas[i], longest)
	}
	var all []plan.Conflict
	for _, r := range st.Replicas {
		if r.Conflict != nil {
			all = append(all, *r.Conflict)
		}
	}
	conflicts(v.w, all, v.s, v.width)
}

func (v statusView) lastRun(last *LastRun) {
	if last == nil {
		fmt.Fprintln(v.w, "no run is on record yet")
		return
	}
	word := v.s.green("succeeded")
	switch {
	case last.Exit == 3:
		word = v.s.red("left conflicts")
	case last.Exit != 0:
		word = v.s.red("failed")
	}
	fmt.Fprintf(v.w, "last run %s %s ago: %s, %s sent in %s\n", word, span(v.now.Sub(last.Ended)), count(last.Done, "action"), size(last.Bytes), roughly(last.Ended.Sub(last.Started)))
	for _, f := range last.Failures {
		bullet(v.w, "-", f, v.width, 2)
	}
}

// tally is all replicas in one line.
func tally(all []plan.Replica) string {
	counts := map[string]int{}
	for _, r := range all {
		counts[state(r)]++
	}
	var parts []string
	for _, s := range []string{upToDate, behind, interrupted, notYet, noSnapshots, conflicting} {
		if n := counts[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	if len(parts) == 0 {
		return "no datasets"
	}
	return count(len(all), "dataset") + ": " + strings.Join(parts, ", ")
}

func replicaName(r plan.Replica) string {
	if r.Target == "" || r.Target == r.Dataset {
		return r.Dataset
	}
	return r.Dataset + " → " + r.Target
}

// replica is one line: the state, the dataset, and what is known of the replica.
func (v statusView) replica(r *plan.Replica, longest int) {
	word := fmt.Sprintf("%-*s", len(noSnapshots), state(*r))
	switch state(*r) {
	case upToDate:
		word = v.s.green(word)
	case conflicting:
		word = v.s.red(word)
	}
	longest = min(longest, v.width/2)
	name := fmt.Sprintf("%-*s", longest, replicaName(*r))
	text := v.details(r)
	indent := 2 + len(noSnapshots) + 2 + longest + 2
	if columns(name) > longest || indent+columns(text) > v.width {
		fmt.Fprintf(v.w, "  %s  %s\n", word, strings.TrimRight(name, " "))
		paragraph(v.w, text, v.width, 2+len(noSnapshots)+4, plain)
		return
	}
	fmt.Fprintf(v.w, "  %s  %s  %s\n", word, name, text)
}

func (v statusView) details(r *plan.Replica) string {
	var parts []string
	switch {
	case r.Replicated == "" && r.Conflict != nil:
		parts = append(parts, string(r.Conflict.Code))
	case r.Replicated == "":
		parts = append(parts, "nothing replicated yet")
	default:
		parts = append(parts, fmt.Sprintf("@%s, %s old", r.Replicated, span(v.now.Sub(*r.ReplicatedAt))))
	}
	if r.Behind > 0 {
		parts = append(parts, span(time.Duration(r.Behind)*time.Second)+" behind")
	}
	if r.Pending > 0 {
		text := count(r.Pending, "snapshot")
		if r.PendingBytes != nil {
			text += " (" + size(*r.PendingBytes) + ")"
		}
		parts = append(parts, text+" to come")
	}
	if r.Partial {
		parts = append(parts, "an interrupted transfer waits to be resumed")
	}
	return strings.Join(parts, ", ")
}

// The words for how a replica stands.
const (
	upToDate    = "up to date"
	behind      = "behind"
	interrupted = "interrupted"
	notYet      = "not yet"
	noSnapshots = "no snapshots"
	conflicting = "in conflict"
)

func state(r plan.Replica) string {
	switch {
	case r.Conflict != nil:
		return conflicting
	case r.Newest == "":
		return noSnapshots
	case r.Partial:
		return interrupted
	case r.Replicated == "":
		return notYet
	case r.Pending > 0:
		return behind
	}
	return upToDate
}
