package main

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/plan"
)

func lockDirFlag() cli.Flag {
	return &cli.StringFlag{Name: "lock-dir", Value: "/run/zfsrep", EnvVars: []string{"ZFSREP_LOCK_DIR", "RUNTIME_DIRECTORY"},
		Usage: "where runs lock the places they replicate into: `DIR`"}
}

// lock takes one lock for each place that the jobs replicate into, so that runs of other configs with other places go
// on side by side. The kernel drops the locks when the process ends, however it ends.
func (p *program) lock(c *cli.Context, jobs map[string]plan.Connection) (unlock func(), err error) {
	dir, _, _ := strings.Cut(c.String("lock-dir"), ":") // RUNTIME_DIRECTORY may hold several
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, lockTrouble(err)
	}
	var places []string
	for _, j := range jobs {
		for _, place := range j.Places {
			places = append(places, fmt.Sprintf("%s:%d/%s", j.RemoteHost, j.RemotePort, place))
		}
	}
	slices.Sort(places)
	var held []*os.File
	unlock = func() {
		for _, f := range held {
			_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // closing is not enough while a child is between fork and exec
			_ = f.Close()
		}
	}
	for _, place := range slices.Compact(places) {
		f, err := lockPlace(dir, place)
		if err != nil {
			unlock()
			return nil, err
		}
		held = append(held, f)
	}
	return unlock, nil
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

func lockPlace(dir, place string) (*os.File, error) {
	h := fnv.New64a()
	h.Write([]byte(place))
	f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf("%016x.lock", h.Sum64())), os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o644)
	if err != nil {
		return nil, lockTrouble(err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, lockedError{place}
	}
	return nil, fmt.Errorf("cannot lock %s: %w", place, err)
}
