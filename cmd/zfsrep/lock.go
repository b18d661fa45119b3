package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/plan"
)

func lockDirFlag() cli.Flag {
	return &cli.StringFlag{Name: "lock-dir", Value: "/run/zfsrep", EnvVars: []string{"ZFSREP_LOCK_DIR", "RUNTIME_DIRECTORY"},
		Usage: "where runs lock the places they replicate into: `DIR`"}
}

// lock takes the locks on this machine: each place that the jobs replicate into, so that runs of other configs with other
// places go on side by side. A machine counts by its name alone: two ports of it may lead to one pool or to two, and to
// wait for nothing costs less than to be two in one place. The kernel drops the locks when the process ends, however it
// ends.
func (p *program) lock(c *cli.Context, jobs map[string]plan.Connection) (unlock func(), err error) {
	dir, _, _ := strings.Cut(c.String("lock-dir"), ":") // RUNTIME_DIRECTORY may hold several
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, lockTrouble(err)
	}
	var places []string
	for _, j := range jobs {
		for _, place := range j.Places {
			places = append(places, machineName(j)+"/"+place)
		}
	}
	var held []*os.File
	unlock = func() {
		for _, f := range held {
			_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // closing is not enough while a child is between fork and exec
			_ = f.Close()
		}
	}
	for _, name := range host.LocksOn(places) {
		f, err := lockFile(dir, name)
		if err != nil {
			unlock()
			return nil, err
		}
		held = append(held, f)
	}
	return unlock, nil
}

// machineName is what a job's target counts as.
func machineName(c plan.Connection) string {
	if c.RemoteHost == "" {
		return "localhost"
	}
	return strings.ToLower(c.RemoteHost)
}

// lockTrouble says what to do when there is no place for locks. Missing rights do not mend themselves, so that is a
// wrong usage; a full disk may.
func lockTrouble(err error) error {
	err = fmt.Errorf("cannot lock the places to replicate into: %w; run it as root, or as the user of the service, or choose a writable --lock-dir that all runs share", err)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOTDIR) {
		return usageError{err}
	}
	return err
}

func lockFile(dir string, name host.LockName) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, name.File()+".lock"), os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o644)
	if err != nil {
		return nil, lockTrouble(err)
	}
	how := syscall.LOCK_EX
	if name.Shared {
		how = syscall.LOCK_SH
	}
	err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		machine, place, _ := strings.Cut(name.Name, "/")
		return nil, lockedError{place: place, machine: machine}
	}
	return nil, fmt.Errorf("cannot lock %s: %w", name.Name, err)
}
