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

	Flags   zfs.SendFlags      // not for a resume: its flags are the token's
	Receive zfs.ReceiveOptions // Force replaces an empty dataset that has no snapshots
	Token   string             // of a resume
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

// Subject implements Step.
func (s Send) Subject() (Side, string) { return Target, s.Target }

func (s Send) commands(via privilege) []Command {
	var argv []string
	switch s.Mode {
	case Resume:
		argv = zfs.SendResume(s.Token)
	case Full:
		argv = zfs.SendFull(s.Flags, s.Dataset+s.To.Name)
	default:
		from := s.From.Name
		if !s.Origin {
			from = s.Dataset + from // in full, or zfs guesses its type and warns
		}
		argv = zfs.SendIncremental(s.Flags, from, s.Dataset+s.To.Name, s.Intermediates)
	}
	return []Command{{Source, argv}, via.cmd(Target, zfs.Receive(s.Receive, s.Target))}
}

func (s Send) toWire(w *wireAction) {
	w.Mode, w.Dataset, w.Target, w.From, w.Origin = s.Mode, s.Dataset, s.Target, s.From, s.Origin
	w.To.Ref, w.Intermediates, w.EstimatedBytes, w.Token = s.To, &s.Intermediates, s.Bytes, s.Token
	flags, receive := wireFlags(s.Flags), wireReceive(s.Receive)
	w.Flags, w.Receive = &flags, &receive
}

// wireFlags and wireReceive are the options of the two commands as plan.json has them.
type wireFlags struct {
	Raw         bool `json:"raw,omitempty"`
	Compressed  bool `json:"compressed,omitempty"`
	LargeBlocks bool `json:"largeBlocks,omitempty"`
	Embedded    bool `json:"embedded,omitempty"`
	Properties  bool `json:"properties,omitempty"`
}

type wireReceive struct {
	Force   bool              `json:"replace,omitempty"`
	Set     map[string]string `json:"set,omitempty"`
	Exclude []string          `json:"exclude,omitempty"`
}

func sendFromWire(w wireAction) Step {
	s := Send{Mode: w.Mode, Dataset: w.Dataset, Target: w.Target, From: w.From, Origin: w.Origin, Bytes: w.EstimatedBytes, Token: w.Token, To: w.To.Ref}
	if w.Intermediates != nil {
		s.Intermediates = *w.Intermediates
	}
	if w.Flags != nil {
		s.Flags = zfs.SendFlags(*w.Flags)
	}
	if w.Receive != nil {
		s.Receive = zfs.ReceiveOptions(*w.Receive)
	}
	return s
}
