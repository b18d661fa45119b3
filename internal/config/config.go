// Package config turns the config JSON into a [Config], or into diagnostics that name every wrong option at once.
//
// It is the first step of the flow: options become JSON (nix/render.nix, or people by hand), JSON becomes a Config,
// and a Config together with what is observed becomes a plan. Parsing is pure: no file, no network, no ZFS.
// Keys equal the names of the NixOS options, letter for letter, so that a complaint can name the option.
package config

import (
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/internal/retention"
)

// Version is the format of config.json that this program reads.
const Version = 1

// Config is a whole valid config file.
type Config struct {
	Jobs         []Job // in the order of their names
	Log          Log
	AutoSnapshot AutoSnapshot
}

// Job replicates some datasets of this machine to one target.
type Job struct {
	Name          string
	RemoteHost    string // empty: the target is on this machine
	RemotePort    int
	RemoteUser    string
	RemotePool    string // pool or dataset that receives
	Datasets      []Dataset
	IdentityFile  string // empty: the usual places
	HostKeys      []string
	Privilege     Privilege
	Snapshots     Filter
	Initial       Initial
	Intermediates bool
	Send          Send
	Receive       Receive
	OnModified    OnModified
	OnDiverged    OnDiverged
	Bookmarks     bool
	Retention     Retention
	Limits        Limits
	Timeouts      Timeouts
}

// Dataset is one entry of a job's datasets.
type Dataset struct {
	Name      string
	Recursive bool
	Exclude   []string // globs of dataset names below Name; what they match stays out with all below it
	Target    string   // where it lands; empty: remotePool with the source's path below its pool
}

// Filter says which snapshots are replicated: those that some Include glob matches and no Exclude glob.
type Filter struct{ Include, Exclude []string }

// Privilege is how remote commands that change something get the right to do so.
type Privilege string

const (
	PrivilegeSudo Privilege = "sudo" // sudo -n zfs ...
	PrivilegeNone Privilege = "none" // as the user is: root, or delegated with zfs allow
)

// Initial is what a first replication brings over.
type Initial string

const (
	InitialAll    Initial = "all"
	InitialLatest Initial = "latest"
)

// Send holds the flags of zfs send.
type Send struct {
	Raw         Raw
	Compressed  bool // -c
	LargeBlocks bool // -L
	Embedded    bool // -e
	Properties  bool // -p, with overrides that keep them from taking effect on the replica
}

// Raw says which datasets are sent raw (-w).
type Raw string

const (
	RawAuto   Raw = "auto" // the encrypted ones
	RawAlways Raw = "always"
	RawNever  Raw = "never"
)

// Receive says what the replica's properties shall be.
type Receive struct {
	Properties map[string]string
	Readonly   bool
}

// OnModified is what to do about a replica that was written to and has no snapshot to lose.
type OnModified string

const (
	ModifiedAuto     OnModified = "auto" // roll back what is still read-only, refuse what somebody made writable
	ModifiedRollback OnModified = "rollback"
	ModifiedRefuse   OnModified = "refuse"
)

// OnDiverged is what to do about a replica with snapshots of its own after the newest common one.
type OnDiverged string

const (
	DivergedRefuse   OnDiverged = "refuse"
	DivergedRollback OnDiverged = "rollback" // destroys them, listed one by one
)

// Retention prunes either side; nil prunes nothing there.
type Retention struct{ Source, Target *retention.Policy }

// Limits bounds what one run may do.
type Limits struct {
	Bandwidth int64 // bytes per second; 0 is no limit
	Parallel  int   // concurrent transfers
	Destroy   *int  // the most snapshots one plan may destroy; nil is no limit
}

// Timeouts end what makes no progress.
type Timeouts struct{ Connect, Stall time.Duration }

// Log is where the log goes beside standard error.
type Log struct {
	File  string // empty: no file
	Level string
}

// AutoSnapshot is what zfsrep snapshot does.
type AutoSnapshot struct {
	Enable bool
	Prefix string
	Keep   time.Duration
}

// Local says that the job's target is on this machine.
func (j *Job) Local() bool { return j.RemoteHost == "" }

// Place is the dataset of the target where source lands, a dataset that d covers.
func (j *Job) Place(d Dataset, source string) string {
	if d.Target != "" {
		return d.Target + strings.TrimPrefix(source, d.Name)
	}
	if _, below, ok := strings.Cut(source, "/"); ok {
		return j.RemotePool + "/" + below
	}
	return j.RemotePool
}
