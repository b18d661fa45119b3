package compile

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// assemble lays the actions out in an order that is correct one by one, and writes down what each needs.
//
// Transfers come first, parents before children; what is destroyed by retention comes last. An action needs the one
// before it on the same replica, the action that makes its replica's parent, and nothing of a stranger, so that one
// dataset's failure stays its own.
func (c *compiler) assemble() *plan.Plan {
	p := &plan.Plan{Created: c.now, Jobs: map[string]plan.Connection{}}
	var nodes []*node
	for _, j := range c.jobs {
		p.Jobs[j.Name] = ConnectionOf(j.Job)
		makers := map[string]*node{}
		for _, pr := range j.ordered {
			nodes = append(nodes, j.parents(pr, makers)...)
			pr.tieToMakers(makers)
			nodes = append(nodes, pr.data...)
			nodes = append(nodes, pr.keep...)
		}
	}
	c.pairs(func(pr *pair) { nodes = append(nodes, pr.late...) })
	c.pairs(func(pr *pair) { nodes = append(nodes, pr.pruning...) })
	number(nodes)
	for _, n := range nodes {
		p.Actions = append(p.Actions, n.Action)
	}
	c.pairs(p.report)
	slices.Sort(p.UpToDate)
	p.ID = p.hash()
	return p
}

// parents makes the datasets above a new replica that nothing else makes.
func (j *job) parents(p *pair, makers map[string]*node) []*node {
	if !p.makes || p.dst != nil {
		return nil
	}
	var made []*node
	for _, up := range zfs.Ancestors(p.place) {
		if j.there.datasets[up] != nil || makers[up] != nil || zfs.Parent(up) == "" {
			continue // a pool's root exists wherever the pool does
		}
		step := plan.CreateDataset{plan.Target, up}
		n := &node{Action: plan.Action{Job: j.Name, Do: step, Commands: step.commands(j.via), Expect: []plan.Expect{plan.ExpectAbsent(plan.Target, up)},
			Why: fmt.Sprintf("the place of %s needs it as a parent, and the target does not have it", p.source)}}
		if m := nearest(makers, up); m != nil {
			n.needs = []*node{m}
		}
		makers[up] = n
		made = append(made, n)
	}
	return made
}

// nearest is the action that makes the nearest dataset above name, nil if all above it exist and stay.
func nearest(makers map[string]*node, name string) *node {
	for up := zfs.Parent(name); up != ""; up = zfs.Parent(up) {
		if m := makers[up]; m != nil {
			return m
		}
	}
	return nil
}

// tieToMakers makes the pair's actions wait for what makes the dataset above its place, and a clone for its origin.
func (p *pair) tieToMakers(makers map[string]*node) {
	for _, nodes := range [][]*node{p.data, p.pruning} {
		if len(nodes) == 0 {
			continue
		}
		if m := nearest(makers, p.place); m != nil {
			nodes[0].needs = append(nodes[0].needs, m)
		}
	}
	for _, n := range p.data {
		if s, ok := n.Do.(plan.Send); ok && (s.Mode == plan.Full || s.Origin || s.Mode == plan.Resume && s.From == nil) {
			makers[p.place] = n
			if o, _ := p.origin(); s.Origin && len(o.data) > 0 {
				n.needs = append(n.needs, o.data[len(o.data)-1])
			}
		}
	}
}

// number gives the actions their IDs and turns needs into them, each once.
func number(nodes []*node) {
	id := make(map[*node]int, len(nodes))
	for i, n := range nodes {
		id[n] = i + 1
		n.ID = strconv.Itoa(i + 1)
	}
	for _, n := range nodes {
		var needs []int
		for _, m := range n.needs {
			needs = append(needs, id[m])
		}
		slices.Sort(needs)
		for _, k := range slices.Compact(needs) {
			n.Needs = append(n.Needs, strconv.Itoa(k))
		}
	}
}

// report adds what the plan says of a pair beside its actions.
func (p *plan.Plan) report(pr *pair) {
	for _, w := range pr.warnings {
		p.Warnings = append(p.Warnings, plan.Warning{pr.job.Name, pr.source, w})
	}
	switch {
	case pr.conflict != nil:
		p.Conflicts = append(p.Conflicts, *pr.conflict)
	case len(pr.data) == 0 && pr.common != nil:
		p.UpToDate = append(p.UpToDate, pr.source)
	}
}

// ConnectionOf is what reaching a job's target takes, as a plan carries it.
func ConnectionOf(j *config.Job) plan.Connection {
	var places []string
	for _, d := range j.Datasets {
		places = append(places, j.Place(d, d.Name))
	}
	return plan.Connection{RemoteHost: j.RemoteHost, RemotePort: j.RemotePort, RemoteUser: j.RemoteUser, IdentityFile: j.IdentityFile,
		HostKeys: j.HostKeys, Connect: j.Timeouts.Connect, Stall: j.Timeouts.Stall, Bandwidth: j.Limits.Bandwidth, Parallel: j.Limits.Parallel, Places: places}
}
