package plan

import (
	"fmt"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Mode is how a send carries its snapshots.
type Mode string

// The modes of a send.
const (
	Full        Mode = "full"
	Incremental Mode = "incremental"
	Resume      Mode = "resume"
)

// Send is one stream from a source dataset into its place on the target.
type Send struct {
	Mode          Mode
	Dataset       string
	Target        string
	From          *Ref // base on the source; nil for a full send. A clone's first send starts from its origin, named in full
	To            Ref
	Intermediates bool   // every snapshot between From and To comes along
	Bytes         *int64 // estimate of what is still to be sent; nil: unknown
	Origin        bool   // From is the origin that the new replica becomes a clone of

	flags   zfs.SendFlags
	receive zfs.ReceiveOptions
	token   string
}

// Kind implements Step.
func (Send) Kind() Kind { return "send" }

// Destructive implements Step.
func (Send) Destructive() bool { return false }

// Title implements Step.
func (s Send) Title() string {
	switch {
	case s.Mode == Resume:
		return fmt.Sprintf("resume %s%s", s.Dataset, s.To.Name)
	case s.Mode == Full:
		return fmt.Sprintf("send %s%s in full", s.Dataset, s.To.Name)
	case s.Intermediates:
		return fmt.Sprintf("send %s %s … %s", s.Dataset, s.From.Name, s.To.Name)
	default:
		return fmt.Sprintf("send %s %s → %s", s.Dataset, s.From.Name, s.To.Name)
	}
}

func (s Send) subject() (Side, string) { return Target, s.Target }

func (s Send) commands(via privilege) []Command {
	var argv []string
	switch s.Mode {
	case Resume:
		argv = zfs.SendResume(s.token)
	case Full:
		argv = zfs.SendFull(s.flags, s.Dataset+s.To.Name)
	default:
		from := s.From.Name
		if !s.Origin {
			from = s.Dataset + from // in full, or zfs guesses its type and warns
		}
		argv = zfs.SendIncremental(s.flags, from, s.Dataset+s.To.Name, s.Intermediates)
	}
	return []Command{{Source, argv}, via.cmd(Target, zfs.Receive(s.receive, s.Target))}
}

func (s Send) toWire(w *wireAction) {
	w.Mode, w.Dataset, w.Target, w.From, w.Origin = s.Mode, s.Dataset, s.Target, s.From, s.Origin
	w.To, w.Intermediates, w.EstimatedBytes = s.To, &s.Intermediates, s.Bytes
}

func sendFromWire(w wireAction) Step {
	s := Send{Mode: w.Mode, Dataset: w.Dataset, Target: w.Target, From: w.From, Origin: w.Origin, Bytes: w.EstimatedBytes}
	s.To, _ = w.To.(Ref)
	if w.Intermediates != nil {
		s.Intermediates = *w.Intermediates
	}
	return s
}
