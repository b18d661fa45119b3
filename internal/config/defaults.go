package config

import (
	"time"

	"github.com/zfsrep/zfsrep/internal/retention"
)

// The defaults of every option stand in this file and nowhere else on the Go side. They are the NixOS module's too.

const day = 24 * time.Hour

// Defaults is the config without a job.
func Defaults() Config {
	return Config{
		Log:          Log{File: "", Level: "info"},
		AutoSnapshot: AutoSnapshot{Enable: false, Prefix: "daily-", Keep: 30 * day},
	}
}

// DefaultJob is a job with everything but its name, remotePool and datasets, which have no default.
func DefaultJob() Job {
	return Job{
		RemoteHost:    "",
		RemotePort:    22,
		RemoteUser:    "root",
		IdentityFile:  "",
		HostKeys:      nil,
		Privilege:     PrivilegeSudo,
		Snapshots:     Filter{Include: []string{"*"}, Exclude: nil},
		Initial:       InitialAll,
		Intermediates: true,
		Send:          Send{Raw: RawAuto, Compressed: true, LargeBlocks: true, Embedded: true, Properties: false},
		Receive:       Receive{Properties: nil, Readonly: true},
		OnModified:    ModifiedAuto,
		OnDiverged:    DivergedRefuse,
		Bookmarks:     true,
		Retention:     Retention{Source: nil, Target: nil},
		Limits:        Limits{Bandwidth: 0, Parallel: 1, Destroy: nil},
		Timeouts:      Timeouts{Connect: 30 * time.Second, Stall: 5 * time.Minute},
	}
}

// DefaultDataset is an entry of datasets with everything but its name.
func DefaultDataset() Dataset {
	return Dataset{Recursive: true, Exclude: nil, Target: ""}
}

// DefaultPolicy is a retention policy that matches every snapshot; it needs a rule to be one.
func DefaultPolicy() retention.Policy {
	return retention.Policy{Match: []string{"*"}}
}
