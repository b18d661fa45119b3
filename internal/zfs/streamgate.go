package zfs

import (
	"fmt"
	"slices"
)

// ExpectStream says which stream a plan wants.
type ExpectStream struct {
	Name    string // dataset@snapshot that it ends with, as the source calls it; "" is not compared
	To      GUID   // of that snapshot
	From    GUID   // of the base; 0 for a full stream
	Through bool   // every snapshot between comes along (send -I), so the first stream is not yet that of To
	Resume  bool   // it goes on where another was cut
	Raw     *bool  // nil is not compared
}

// Gate lets exactly this stream pass.
func (e ExpectStream) Gate() *StreamGate { return &StreamGate{want: e} }

// StreamGate sees the first bytes of one stream and says whether it may pass.
type StreamGate struct {
	want ExpectStream
	head StreamHead
	done bool
}

// Admit is given all bytes so far. It says when it has seen enough, or what is wrong with the stream.
func (g *StreamGate) Admit(b []byte) (done bool, err error) {
	head, done, err := ReadStreamHead(b)
	if err == nil && done {
		err = g.want.check(head)
		g.head, g.done = head, err == nil
	}
	return done, err
}

// Head is what the stream said it is; ok is false when it has not passed.
func (g *StreamGate) Head() (h StreamHead, ok bool) { return g.head, g.done }

// check says what differs.
func (e ExpectStream) check(h StreamHead) error {
	last := h.Name
	if h.Package != nil {
		last = h.Package.Name
	}
	switch {
	case h.Package != nil && h.Package.Recursive:
		return fmt.Errorf("it carries the datasets below %s as well", last)
	case e.Name != "" && last != e.Name:
		return fmt.Errorf("it carries %s instead of %s", last, e.Name)
	case h.FromGUID != e.From:
		return fmt.Errorf("%s in it starts from %s instead of %s", h.Name, baseOf(h.FromGUID), baseOf(e.From))
	case h.Resuming != e.Resume:
		return fmt.Errorf("%s in it is %s, expected was %s", h.Name, wholeOrRest(h.Resuming), wholeOrRest(e.Resume))
	case e.Raw != nil && h.Raw != *e.Raw:
		return fmt.Errorf("%s in it is sent %s, expected was %s", h.Name, rawOrPlain(h.Raw), rawOrPlain(*e.Raw))
	case !e.Through && last != h.Name:
		return fmt.Errorf("it carries all snapshots up to %s", last)
	case e.Through && h.Package == nil:
		return fmt.Errorf("it carries %s alone", last)
	}
	if guid, known := h.guidOf(last); known && guid != e.To {
		return fmt.Errorf("%s in it has the GUID %d instead of %d: another snapshot has that name by now", last, guid, e.To)
	}
	return nil
}

// guidOf is the GUID of the last snapshot, as far as the head tells it. A list that lacks the snapshot gives it none.
func (h StreamHead) guidOf(last string) (guid GUID, known bool) {
	if last == h.Name {
		return h.ToGUID, true
	}
	_, _, name := SplitVersion(last)
	i := slices.IndexFunc(h.Package.Snapshots, func(v Version) bool { return v.Name == name })
	if i < 0 {
		return 0, h.Package.Snapshots != nil
	}
	return h.Package.Snapshots[i].GUID, true
}

func baseOf(guid GUID) string {
	if guid == 0 {
		return "nothing"
	}
	return fmt.Sprintf("the GUID %d", guid)
}

func wholeOrRest(rest bool) string {
	if rest {
		return "the rest of an interrupted stream"
	}
	return "a stream from its beginning"
}

func rawOrPlain(raw bool) string {
	if raw {
		return "raw"
	}
	return "plain"
}
