package plan

import (
	"fmt"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Side is the machine an action or command belongs to.
type Side string

// The two sides of a job.
const (
	Source Side = "source"
	Target Side = "target"
)

// Kind names what an action does; contract.md lists the kinds and their fields.
type Kind string

// Action is one step: what and why, what it waits for, and what must hold right before it. Its exact commands follow
// from the step: see [Plan.Commands].
type Action struct {
	ID     string // "1", "2", ... in plan order
	Job    string
	Do     Step
	Why    string
	Needs  []string // actions that must have succeeded before
	Expect []Expect
}

// Step is the part of an action that differs by kind. The set is sealed: one type a file of this package.
type Step interface {
	// Kind names the step's kind in plan.json.
	Kind() Kind
	// Destructive says that the step can lose data that exists.
	Destructive() bool
	// Title is the step in a few words for people, without the machine and the reason.
	Title() string

	// Subject is the one dataset that the step changes, and where; "" for a snapshot, which is of many.
	Subject() (Side, string)

	commands(via privilege) []Command
	toWire(*wireAction)
}

// Command is one argument vector, run without a shell.
type Command struct {
	Side Side     `json:"side"`
	Argv []string `json:"argv"`
}

// Ref is a version: "@name" or "#name" of the action's source dataset, with its GUID.
type Ref struct {
	Name string   `json:"name"`
	GUID zfs.GUID `json:"guid,string"`
}

// SnapshotRef refers to a snapshot.
func SnapshotRef(v zfs.Version) Ref { return Ref{"@" + v.Name, v.GUID} }

// BookmarkRef refers to a bookmark.
func BookmarkRef(v zfs.Version) Ref { return Ref{"#" + v.Name, v.GUID} }

// Bookmark says that the version is a bookmark.
func (r Ref) Bookmark() bool { return strings.Contains(r.Name, "#") }

// Expect is a precondition: Property of Name has Value, or Name is absent (Property is empty then).
// It is written as "target: tank/a@d1 guid=101" or "target: tank/b absent".
type Expect struct {
	Side     Side
	Name     string
	Property string
	Value    string
}

func (e Expect) String() string {
	if e.Property == "" {
		return fmt.Sprintf("%s: %s absent", e.Side, e.Name)
	}
	return fmt.Sprintf("%s: %s %s=%s", e.Side, e.Name, e.Property, e.Value)
}

// MarshalText writes the form that String documents.
func (e Expect) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads it. A name may contain spaces, what follows it does not.
func (e *Expect) UnmarshalText(b []byte) error {
	side, rest, ok := strings.Cut(string(b), ": ")
	i := strings.LastIndexByte(rest, ' ')
	if !ok || i < 0 || side != string(Source) && side != string(Target) {
		return fmt.Errorf("cannot read the precondition %q", b)
	}
	*e = Expect{Side: Side(side), Name: rest[:i]}
	if rest[i+1:] == "absent" {
		return nil
	}
	e.Property, e.Value, ok = strings.Cut(rest[i+1:], "=")
	if !ok || e.Property == "" {
		return fmt.Errorf("cannot read the precondition %q", b)
	}
	return nil
}

// ExpectGUID is that the dataset, snapshot or bookmark is there, and is the one that was meant.
func ExpectGUID(side Side, name string, g zfs.GUID) Expect {
	return Expect{side, name, "guid", g.String()}
}

// ExpectAbsent is that nothing of that name is there.
func ExpectAbsent(side Side, name string) Expect { return Expect{Side: side, Name: name} }

// ExpectProperty is that a property has a value.
func ExpectProperty(side Side, name, property, value string) Expect {
	return Expect{side, name, property, value}
}

// ExpectUnheld is that a snapshot may be destroyed as far as holds go.
func ExpectUnheld(side Side, snapshot string) Expect { return Expect{side, snapshot, "userrefs", "0"} }

// privilege puts what a changing command needs before it, by side.
type privilege struct{ sudoTarget bool }

// Commands are the exact command lines of an action; those of a send are one pipeline. They follow from the step and
// from how the job's target is reached, and from nothing else: what a person reads is what runs.
func (p *Plan) Commands(a *Action) []Command {
	return a.Do.commands(privilege{sudoTarget: p.Jobs[a.Job].Sudo})
}

func (p privilege) cmd(side Side, argv []string) Command {
	if side == Target && p.sudoTarget {
		argv = zfs.Sudo(argv)
	}
	return Command{side, argv}
}
