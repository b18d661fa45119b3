package plan

import "github.com/zfsrep/zfsrep/internal/zfs"

// Hold keeps a snapshot from being destroyed by anybody; Release takes that back.
type Hold struct {
	Side     Side
	Dataset  string
	Snapshot string
	Tag      string
}

// Kind implements Step.
func (Hold) Kind() Kind { return "hold" }

// Destructive implements Step.
func (Hold) Destructive() bool { return false }

// Title implements Step.
func (s Hold) Title() string { return "hold " + s.Dataset + "@" + s.Snapshot }

// Subject implements Step.
func (s Hold) Subject() (Side, string) { return s.Side, s.Dataset }

func (s Hold) commands(via privilege) []Command {
	return []Command{via.cmd(s.Side, zfs.Hold(s.Tag, s.Dataset+"@"+s.Snapshot))}
}

func (s Hold) toWire(w *wireAction) {
	w.Side, w.Dataset, w.Snapshot, w.Tag = s.Side, s.Dataset, s.Snapshot, s.Tag
}

func holdFromWire(w wireAction) Step { return Hold{w.Side, w.Dataset, w.Snapshot, w.Tag} }

// Release takes a hold back.
type Release Hold

// Kind implements Step.
func (Release) Kind() Kind { return "release" }

// Destructive implements Step.
func (Release) Destructive() bool { return false }

// Title implements Step.
func (s Release) Title() string { return "release " + s.Dataset + "@" + s.Snapshot }

// Subject implements Step.
func (s Release) Subject() (Side, string) { return s.Side, s.Dataset }

func (s Release) commands(via privilege) []Command {
	return []Command{via.cmd(s.Side, zfs.Release(s.Tag, s.Dataset+"@"+s.Snapshot))}
}

func (s Release) toWire(w *wireAction) { Hold(s).toWire(w) }

func releaseFromWire(w wireAction) Step { return Release(holdFromWire(w).(Hold)) }
