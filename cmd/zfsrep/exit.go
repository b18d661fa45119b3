package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
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
type lockedError struct{ place string }

func (e lockedError) Error() string {
	return fmt.Sprintf("another zfsrep is replicating into %s: wait until it is done", e.place)
}

// outcome is an exit code whose reasons have been told already.
type outcome int

func (o outcome) Error() string { return fmt.Sprintf("exit %d", int(o)) }

// exitCode is the only place where an error becomes a message and an exit code.
func (p *program) exitCode(err error) int {
	var (
		told   outcome
		usage  usageError
		locked lockedError
		wrong  config.Diagnostics
		bug    *plan.InvariantError
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &told):
		return int(told)
	case errors.As(err, &wrong):
		return exitUsage // the diagnostics have been printed
	case errors.As(err, &usage):
		p.log.Error(err)
		return exitUsage
	case errors.As(err, &locked):
		p.log.Error(err)
		return exitLocked
	case errors.As(err, &bug):
		p.log.Error(err)
		return exitUsage
	case errors.Is(err, context.Canceled):
		p.log.Error("interrupted")
		return exitFailed
	}
	p.log.Error(withHint(err))
	return exitFailed
}

// withHint is an error's text with the way out that it knows.
func withHint(err error) string {
	if hint := host.Hint(err); hint != "" {
		return strings.TrimSuffix(err.Error(), ".") + "; " + hint
	}
	return err.Error()
}
