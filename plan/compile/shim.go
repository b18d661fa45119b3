package compile

import (
	"time"

	"github.com/zfsrep/zfsrep/internal/retention"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

type shimClock struct {
	Now   time.Time
	Doubt string
}
type shimResult struct {
	Verdicts []retention.Verdict
	Doubts   []string
}

func shimApply(p retention.Policy, s []zfs.Snapshot, c shimClock) shimResult {
	return shimResult{Verdicts: p.Apply(s, c.Now)}
}
