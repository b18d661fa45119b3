package config

import (
	"fmt"
	"slices"
	"strings"
)

// circle complains about entries on this machine that replicate each other's replicas in a circle: each run would
// make a copy of the copies. A chain is fine.
func (o *overlaps) circle() {
	const (
		unseen = iota
		open   // on the way from where the walk began
		done
	)
	state := make([]int, len(o.all))
	var way []*entry
	var walk func(e *entry)
	walk = func(e *entry) {
		state[e.index] = open
		way = append(way, e)
		for _, next := range o.readers(e) {
			switch state[next.index] {
			case unseen:
				walk(next)
			case open:
				from := slices.IndexFunc(way, func(w *entry) bool { return w.index == next.index })
				o.blameCircle(way[from:])
			}
		}
		way = way[:len(way)-1]
		state[e.index] = done
	}
	for _, e := range o.all {
		if state[e.index] == unseen {
			walk(e)
		}
	}
}

func (o *overlaps) blameCircle(way []*entry) {
	if len(way) < 2 {
		return // feedsItself knows better words
	}
	last := slices.MaxFunc(way, func(a, b *entry) int { return a.index - b.index })
	var steps []string
	for _, e := range way {
		steps = append(steps, fmt.Sprintf("%s lands on %s", quote(e.Name), quote(e.place())))
	}
	o.fail(last.node, "closes a circle of replicas on this machine: "+strings.Join(steps, ", "), "exclude the replicas from one of these entries")
}

// readers are the entries that replicate, from this machine, what e has put there.
func (o *overlaps) readers(e *entry) []*entry {
	if !e.Local() || e.place() == "" {
		return nil
	}
	found := o.covering(e.place())
	for _, other := range o.beneath[e.place()] {
		if e.Covers(e.Name + strings.TrimPrefix(other.Name, e.place())) {
			found = append(found, other)
		}
	}
	return found
}
