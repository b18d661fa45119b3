package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/plan"
)

// JobMetrics is what the metrics say of one job.
type JobMetrics struct {
	Job      string
	Last     LastRun
	Replicas []plan.Replica // nil: not known
	Stale    bool           // Replicas are those of an earlier run
}

// Metrics writes the text format that node_exporter's textfile collector reads. A replica's age is best had as
// time() - zfsrep_replicated_snapshot_timestamp_seconds: that also grows when zfsrep does not run any more.
func Metrics(w io.Writer, jobs []JobMetrics) {
	m := &metrics{w: w}
	perJob := func(value func(JobMetrics) float64) func() {
		return func() {
			for _, j := range jobs {
				m.sample(value(j), "job", j.Job)
			}
		}
	}
	perReplica := func(evenStale bool, value func(plan.Replica) (float64, bool)) func() {
		return func() {
			for _, j := range jobs {
				if j.Stale && !evenStale {
					continue
				}
				for _, r := range j.Replicas {
					if v, ok := value(r); ok {
						m.sample(v, "job", j.Job, "dataset", r.Dataset, "target", r.Target)
					}
				}
			}
		}
	}
	m.family("zfsrep_last_run_timestamp_seconds", "When the job's last run ended.", perJob(func(j JobMetrics) float64 { return unix(j.Last.Ended) }))
	m.family("zfsrep_last_run_exit_code", "How the last run ended: 0 done, 1 failed, 3 conflicts.", perJob(func(j JobMetrics) float64 { return float64(j.Last.Exit) }))
	m.family("zfsrep_last_run_success", "1 if the last run did all there was to do.", perJob(func(j JobMetrics) float64 { return truth(j.Last.Exit == 0) }))
	m.family("zfsrep_last_run_duration_seconds", "How long the last run took.", perJob(func(j JobMetrics) float64 { return j.Last.Ended.Sub(j.Last.Started).Seconds() }))
	m.family("zfsrep_last_run_sent_bytes", "How much the last run sent.", perJob(func(j JobMetrics) float64 { return float64(j.Last.Bytes) }))
	m.family("zfsrep_last_run_failures", "How many things failed in the last run.", perJob(func(j JobMetrics) float64 { return float64(len(j.Last.Failures)) }))
	m.family("zfsrep_conflicts", "How many datasets of the job need a person's decision.", perJob(func(j JobMetrics) float64 { return float64(len(j.Last.Conflicts)) }))
	m.family("zfsrep_replicated_snapshot_timestamp_seconds", "When the newest snapshot that the replica has was taken.",
		perReplica(true, func(r plan.Replica) (float64, bool) {
			if r.ReplicatedAt == nil {
				return 0, false
			}
			return unix(*r.ReplicatedAt), true
		}))
	m.family("zfsrep_lag_seconds", "From the newest replicated snapshot to the newest of the source.",
		perReplica(false, func(r plan.Replica) (float64, bool) { return float64(r.Behind), true }))
	m.family("zfsrep_pending_snapshots", "Snapshots that have yet to arrive.", perReplica(false, func(r plan.Replica) (float64, bool) { return float64(r.Pending), true }))
	m.family("zfsrep_pending_bytes", "About how much has yet to be sent.", perReplica(false, func(r plan.Replica) (float64, bool) {
		if r.PendingBytes == nil {
			return 0, false
		}
		return float64(*r.PendingBytes), true
	}))
	m.family("zfsrep_conflict", "1 if the dataset needs a person's decision.", perReplica(false, func(r plan.Replica) (float64, bool) { return truth(r.Conflict != nil), true }))
}

// metrics prints families of samples.
type metrics struct {
	w    io.Writer
	name string // of the family that is being printed
}

func (m *metrics) family(name, help string, samples func()) {
	m.name = name
	fmt.Fprintf(m.w, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
	samples()
}

// escape is what the text format wants in a label's value; the rest may be any UTF-8.
var escape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

func (m *metrics) sample(value float64, labels ...string) {
	var parts []string
	for i := 0; i+1 < len(labels); i += 2 {
		parts = append(parts, labels[i]+`="`+escape.Replace(strings.ToValidUTF8(labels[i+1], "\uFFFD"))+`"`)
	}
	set := ""
	if len(parts) > 0 {
		set = "{" + strings.Join(parts, ",") + "}"
	}
	fmt.Fprintf(m.w, "%s%s %s\n", m.name, set, number(value))
}

func number(v float64) string {
	if v == float64(int64(v)) {
		return fmt.Sprint(int64(v))
	}
	return fmt.Sprintf("%.3f", v)
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix())
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
