package plan

import "time"

// Replica is how far one replica is, as zfsrep status shows it.
type Replica struct {
	Job     string `json:"job"`
	Dataset string `json:"dataset"`
	Target  string `json:"target"`

	Newest       string     `json:"newest"`       // newest wanted snapshot of the source; "" if there is none
	NewestAt     *time.Time `json:"newestAt"`     // when it was taken
	Replicated   string     `json:"replicated"`   // newest snapshot that the replica has in common; "" if there is none
	ReplicatedAt *time.Time `json:"replicatedAt"` // when it was taken
	Pending      int        `json:"pending"`      // wanted snapshots that have yet to arrive
	PendingBytes *int64     `json:"pendingBytes,string"`
	Behind       int64      `json:"behindSeconds"` // from the newest replicated snapshot to the newest of the source
	Partial      bool       `json:"partial"`       // an interrupted transfer waits to be resumed
	Conflict     *Conflict  `json:"conflict"`
}
