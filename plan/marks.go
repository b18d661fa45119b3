package plan

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// markPrefix begins the name of every bookmark that zfsrep makes; the snapshot's GUID follows. Nothing that a person
// may rename (a job, a host) is part of it, so a renamed job finds its marks again.
const markPrefix = "zfsrep_"

// marks leaves a bookmark on the source of the newest version that each replica has, heals missing ones and removes
// the ones that newer ones replace.
func (c *compiler) marks() {
	shared := map[string]int{}
	c.pairs(func(p *pair) { shared[p.source]++ })
	c.pairs(func(p *pair) {
		if p.conflict == nil && p.common != nil && p.job.Bookmarks && p.job.source.Pools[zfs.Pool(p.source)].Has("bookmarks") {
			p.mark(shared[p.source] > 1 || c.unseenNeeds(p.source) != nil)
		}
	})
}

// tag tells the marks of several targets of one source dataset apart: it is made of where the replica lies.
func (p *pair) tag(shared bool) string {
	if !shared {
		return ""
	}
	h := fnv.New32a()
	fmt.Fprintf(h, "%s:%d/%s", p.job.RemoteHost, p.job.RemotePort, p.place)
	return fmt.Sprintf("_%08x", h.Sum32())
}

func (p *pair) mark(shared bool) {
	tag := p.tag(shared)
	want := p.common
	name := markPrefix + want.GUID.String() + tag
	present, old := false, []zfs.Bookmark{}
	for _, b := range p.src.Bookmarks {
		switch {
		case b.GUID == want.GUID && (b.Name == name || want.bookmark):
			present = true
		case b.Name == name:
			p.warn("the bookmark %s#%s belongs to another snapshot than its name says: it is left alone, and none is made", p.source, name)
			return
		case b.GUID != want.GUID && b.Name == markPrefix+b.GUID.String()+tag && b.CreateTXG < want.CreateTXG:
			old = append(old, b)
		}
	}
	var made *node
	if !present {
		made = p.makeMark(name)
	}
	if len(old) > 0 {
		p.removeMarks(old, made)
	}
}

func (p *pair) makeMark(name string) *node {
	want := p.common
	why := "so that the chain survives if the snapshot is pruned here"
	if len(p.data) == 0 {
		why = "the bookmark of the newest common snapshot is missing"
	}
	step := Bookmark{Source, p.source, want.Name, name}
	n := &node{Action: Action{Job: p.job.Name, Do: step, Why: why, Commands: step.commands(p.job.via), Expect: []Expect{
		expectGUID(Source, p.source+"@"+want.Name, want.GUID), expectAbsent(Source, p.source+"#"+name)}}}
	if k := len(p.data); k > 0 {
		n.needs = []*node{p.data[k-1]}
	}
	p.keep = append(p.keep, n)
	return n
}

// removeMarks takes away marks of versions that are older than the newest common one. They go only after that one is
// on the target and marked.
func (p *pair) removeMarks(old []zfs.Bookmark, after *node) {
	step := DestroyBookmarks{Side: Source, Dataset: p.source}
	var expect []Expect
	for _, b := range old {
		step.Names = append(step.Names, b.Name)
		expect = append(expect, expectGUID(Source, p.source+"#"+b.Name, b.GUID))
	}
	n := &node{Action: Action{Job: p.job.Name, Do: step, Commands: step.commands(p.job.via), Expect: expect,
		Why: fmt.Sprintf("replaced by the one of @%s", strings.TrimPrefix(p.common.Name, markPrefix))}}
	if after != nil {
		n.needs = []*node{after}
	} else if k := len(p.data); k > 0 {
		n.needs = []*node{p.data[k-1]}
	}
	p.keep = append(p.keep, n)
}
