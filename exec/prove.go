package exec

import (
	"context"
	"fmt"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// prove asks the target for every snapshot that a job's transfers ended with. An exit code proves nothing: what a target
// did not keep must not be taken for a replica, or the source would let its base go.
func (r *run) prove(ctx context.Context, job string) outcome {
	o := outcome{proved: job, errs: map[int]error{}}
	all := r.schedule.arrivals(job)
	names := make([]string, len(all))
	for k, i := range all {
		names[k] = arrival(r.plan.Actions[i].Do.(plan.Send))
	}
	h := r.Machines(job, plan.Target)
	found, err := r.look(ctx, h, []string{"guid"}, names)
	for k, i := range all {
		send := r.plan.Actions[i].Do.(plan.Send)
		if err != nil {
			o.errs[i] = err
		} else if got := found[[2]string{names[k], "guid"}]; got != send.To.GUID.String() {
			o.errs[i] = &NotArrivedError{Snapshot: names[k], GUID: send.To.GUID, Got: got, Host: h.Name()}
		}
	}
	return o
}

// arrival is the snapshot that a send ends with, on the target.
func arrival(s plan.Send) string { return s.Target + s.To.Name }

// NotArrivedError says that a transfer ended well and that what it carried is not there.
type NotArrivedError struct {
	Snapshot string
	GUID     zfs.GUID
	Got      string // the GUID of what is there under that name; "" if there is nothing
	Host     string
}

func (e *NotArrivedError) Error() string {
	if e.Got == "" {
		return fmt.Sprintf("zfs receive ended well, and %s does not have %s: nothing on this machine will be let go for it", e.Host, e.Snapshot)
	}
	return fmt.Sprintf("zfs receive ended well, and %s on %s is another snapshot (guid %s instead of %s): nothing on this machine will be let go for it", e.Snapshot, e.Host, e.Got, e.GUID)
}
