// Package plan is the plan as a value: an explicit, ordered list of actions, each with its reason, what it waits for
// and what must still hold right before it. The compiler (plan/compile) makes it, the verifier (plan/verify) holds it
// against the invariants, people read it, the executor (exec) carries it out.
//
// A step says everything: its command lines follow from it ([Plan.Commands]), so that a plan which was saved and read
// by a person is the plan that runs. Each kind of step has a file of its own; json.go is plan.json, and check.go what
// a file must satisfy to be read as one.
package plan

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// FormatVersion is the format of plan.json. It changes when a reader of the old format would misunderstand.
const FormatVersion = 1

// Plan is what will be done, in an order that is correct when run one by one.
type Plan struct {
	ID        string // "sha256:..." of the content without ID and Created: the same inputs give the same ID
	Created   time.Time
	Config    json.RawMessage       // the config that it was made from, for checking a saved plan; nil: not known
	Jobs      map[string]Connection // how the executor reaches each job's target
	Actions   []Action
	Conflicts []Conflict
	Warnings  []Warning
	UpToDate  []string // source datasets with nothing to do
	Orphans   []Orphan
}

// Empty says that there is nothing to do. There may still be conflicts.
func (p *Plan) Empty() bool { return len(p.Actions) == 0 }

// Connection is what the executor needs to know of a job beside its actions: a saved plan is enough to run it.
type Connection struct {
	RemoteHost   string        `json:"remoteHost"` // empty: this machine
	RemotePort   int           `json:"remotePort"`
	RemoteUser   string        `json:"remoteUser"`
	Sudo         bool          `json:"sudo"` // what changes the target runs under sudo -n
	IdentityFile string        `json:"identityFile"`
	HostKeys     []string      `json:"hostKeys"`
	Connect      time.Duration `json:"connectTimeout"` // nanoseconds, as all durations here
	Stall        time.Duration `json:"stallTimeout"`
	Bandwidth    int64         `json:"bandwidth"` // bytes per second, 0: no limit
	Parallel     int           `json:"parallel"`
	Places       []string      `json:"places"` // where the job's datasets land; a run locks them
}

// Target is how people call the machine that receives.
func (c Connection) Target() string {
	if c.RemoteHost == "" {
		return "this machine"
	}
	name := c.RemoteHost
	if c.RemotePort != 22 {
		if strings.Contains(name, ":") {
			name = "[" + name + "]" // an IPv6 address
		}
		name += fmt.Sprintf(":%d", c.RemotePort)
	}
	return c.RemoteUser + "@" + name
}

// Conflict is a dataset that needs a person's decision. Nothing of it is touched; the others go on.
type Conflict struct {
	Job      string         `json:"job"`
	Dataset  string         `json:"dataset"`
	Target   string         `json:"target"`
	Code     Code           `json:"code"`
	Message  string         `json:"message"`
	Evidence map[string]any `json:"evidence"`
	Hint     string         `json:"hint"`
}

// Code names a kind of conflict; contract.md lists them.
type Code string

// The conflict codes.
const (
	SourceMissing      Code = "source-missing"
	TargetPoolMissing  Code = "target-pool-missing"
	NoCommonSnapshot   Code = "no-common-snapshot"
	TargetDiverged     Code = "target-diverged"
	TargetModified     Code = "target-modified"
	NameCollision      Code = "name-collision"
	TargetNotEmpty     Code = "target-not-empty"
	Blocked            Code = "blocked"
	ReceiveBusy        Code = "receive-busy"
	KeyUnavailable     Code = "key-unavailable"
	EncryptionMismatch Code = "encryption-mismatch"
	RawBaseMismatch    Code = "raw-base-mismatch"
	FeatureMissing     Code = "feature-missing"
	SourceRenamed      Code = "source-renamed"
	Overlap            Code = "overlap"
	DestroyLimit       Code = "destroy-limit"
	NameTooLong        Code = "name-too-long"
	Internal           Code = "internal" // a bug of zfsrep: what it planned for the dataset was wrong
)

// Codes are all of them, in the order of the contract.
var Codes = []Code{SourceMissing, TargetPoolMissing, NoCommonSnapshot, TargetDiverged, TargetModified, NameCollision, TargetNotEmpty, Blocked, ReceiveBusy,
	KeyUnavailable, EncryptionMismatch, RawBaseMismatch, FeatureMissing, SourceRenamed, Overlap, DestroyLimit, NameTooLong, Internal}

// Warning is something a person should know that stops nothing.
type Warning struct {
	Job     string `json:"job"`
	Dataset string `json:"dataset"`
	Message string `json:"message"`
}

// Orphan is a replica whose source is gone, or not replicated any more. Nothing arrives in it; its retention goes on.
type Orphan struct {
	Job       string `json:"job"`
	Dataset   string `json:"dataset"` // where its source was
	Target    string `json:"target"`
	Newest    Latest `json:"newest"`
	Snapshots int    `json:"snapshots"`
	Used      *int64 `json:"used,string"` // bytes, with what lies below it; nil: unknown
}

// Latest is the newest snapshot of a dataset.
type Latest struct {
	Name     string    `json:"name"` // "@name"
	Creation time.Time `json:"creation"`
}

// Violation is a rule that no plan may break, broken for one dataset of a job: a bug of zfsrep. What the plan has for
// that dataset may not run; the rest may.
type Violation struct {
	Job     string
	Dataset string // the source dataset
	Action  string // the ID of the action; "" if it is about the dataset as a whole
	Rule    string // what is wrong, in words
}
