package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan"
)

// The exit codes of the contract.
const (
	exitOK       = 0
	exitFailed   = 1 // a retry may mend it
	exitUsage    = 2 // wrong usage or config; nothing was touched
	exitConflict = 3 // some datasets need a person's decision
	exitLocked   = 4 // another run holds the lock
)

// usageError is a wrong command line, config, inventory or plan file.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// lockedError says that another run works on the same places.
type lockedError struct {
	place, machine string
	who            string // runs it, when that is known
}

func (e lockedError) Error() string {
	another := "another zfsrep"
	if e.who != "" {
		another += " (of " + e.who + ")"
	}
	if e.place == plan.SnapshotJob {
		return another + " is taking snapshots here: wait until it is done"
	}
	return fmt.Sprintf("%s is replicating into %s on %s: wait until it is done", another, e.place, e.machine)
}

// codeOfJobs is the exit code of jobs that could not be reached or observed: all of them locked is a lock.
func codeOfJobs(failed map[string]error) int {
	for _, err := range failed {
		if codeOf(err) != exitLocked {
			return exitFailed
		}
	}
	return exitLocked
}

// outcome is an exit code whose reasons have been told already.
type outcome int

func (o outcome) Error() string { return fmt.Sprintf("exit %d", int(o)) }

// codeOf is the only place where an error becomes an exit code.
func codeOf(err error) int {
	var (
		told   outcome
		usage  usageError
		locked lockedError
		wrong  config.Diagnostics
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &told):
		return int(told)
	case errors.As(err, &wrong), errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &locked):
		return exitLocked
	}
	return exitFailed
}

// exitCode tells what has not been told yet, and gives the exit code.
func (p *program) exitCode(err error) int {
	var told outcome
	var wrong config.Diagnostics
	switch {
	case err == nil, errors.As(err, &told), errors.As(err, &wrong):
	case errors.Is(err, context.Canceled):
		p.log.Error("interrupted")
	default:
		p.log.Error(report.Explain(err))
	}
	return codeOf(err)
}

// orNil is the outcome as an error, nil for success.
func (o outcome) orNil() error {
	if o == exitOK {
		return nil
	}
	return o
}
