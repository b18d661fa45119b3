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
// Transfers come first, parents before children, with what must precede them; then, for what has arrived, the marks; what
// retention destroys comes then, except for what makes room, and at the end what brings replicas in line. An action needs the one before it on the same replica, the action that makes its replica's parent, what it is sent
// from, and nothing of a stranger, so that one dataset's failure stays its own.
func (c *compiler) assemble() *plan.Plan {
	p := &plan.Plan{Created: c.now, Jobs: map[string]plan.Connection{}}
	for _, j := range c.jobs {
		p.Jobs[j.Name] = ConnectionOf(j.Job)
	}
	var transfers, marks, late, pruning, upkeep []*node
	c.each(func(pr *pair) {
		made := pr.parents()
		pr.chain()
		transfers = append(append(append(append(transfers, made...), pr.ahead...), pr.early...), pr.data...)
		marks, late = append(marks, pr.keep...), append(late, pr.late...)
	})
	c.each(func(pr *pair) {
		pr.tiePruning()
		pr.tieUpkeep()
		pruning, upkeep = append(pruning, pr.pruning...), append(upkeep, pr.upkeep...)
	})
	for _, j := range c.jobs {
		for _, o := range j.orphans {
			o.tiePruning()
			pruning = append(pruning, o.pruning...)
		}
	}
	nodes := slices.Concat(transfers, marks, late, pruning, upkeep)
	number(nodes)
	for _, n := range nodes {
		p.Actions = append(p.Actions, n.Action)
	}
	c.report(p)
	return p
}

// parents makes the datasets above a new replica that nothing else makes, once for all jobs.
func (p *pair) parents() []*node {
	if !p.makes || p.dst != nil {
		return nil
	}
	m := p.job.there
	var made []*node
	for _, up := range zfs.Ancestors(p.place) {
		if m.standing(up) != nil || m.makers[up] != nil || zfs.Parent(up) == "" {
			continue // a pool's root exists wherever the pool does
		}
		step := plan.CreateDataset{Side: plan.Target, Dataset: up, Set: p.parentOptions(up)}
		n := p.node(step, fmt.Sprintf("the place of %s needs it as a parent, and the target does not have it", p.source), plan.ExpectAbsent(plan.Target, up))
		if above := m.maker(up); above != nil {
			n.needs = []*node{above}
		}
		if m.datasets[up] != nil {
			n.needs = append(n.needs, m.byPlace[up].lastData()) // which drops what a first receive has left of it
		}
		m.makers[up] = n
		made = append(made, n)
	}
	return made
}

// maker is the action that makes the nearest dataset above name, nil if all above it exist and stay.
func (m *machine) maker(name string) *node {
	for up := zfs.Parent(name); up != ""; up = zfs.Parent(up) {
		if n := m.makers[up]; n != nil {
			return n
		}
	}
	return nil
}

// chain makes the pair's actions wait for one another, for what makes the dataset above its place, a clone for its
// origin, and what is sent from a replica for what brings that up to date.
func (p *pair) chain() {
	m := p.job.there
	before := m.maker(p.place)
	for _, n := range p.early {
		if before != nil {
			n.needs = append(n.needs, before)
		}
		before = n
	}
	if len(p.data) > 0 {
		p.data[0].needs = append(p.data[0].needs, p.ahead...)
		if before != nil {
			p.data[0].needs = append(p.data[0].needs, before)
		}
	}
	for _, nodes := range [][]*node{p.ahead, p.data, p.keep} {
		if p.upstream != nil && len(nodes) > 0 {
			nodes[0].needs = append(nodes[0].needs, p.upstream.lastData())
		}
	}
	for _, n := range p.data {
		s, ok := n.Do.(plan.Send)
		if !ok || !(s.Mode == plan.Full || s.Origin || s.Mode == plan.Resume && s.From == nil) {
			continue
		}
		m.makers[p.place] = n
		if o, _ := p.origin(); s.Origin && o.brings(s.From.GUID) {
			n.needs = append(n.needs, o.lastData())
		}
	}
}

// brings says that the pair's transfers bring that snapshot.
func (p *pair) brings(g zfs.GUID) bool {
	return slices.ContainsFunc(p.final, func(a arrival) bool { return a.GUID == g && a.sent })
}

// tiePruning makes the destroys wait, once it is settled which transfers and marks there are.
func (p *pair) tiePruning() {
	above := p.job.there.maker(p.place)
	for _, n := range p.pruning {
		if side, _ := n.Do.Subject(); above != nil && side == plan.Target {
			n.needs = append(n.needs, above)
		}
		for _, q := range n.after {
			n.needs = append(append(n.needs, q.keep...), q.late...)
			if last := q.lastData(); last != nil {
				n.needs = append(n.needs, last)
			}
			if q.upstream != nil {
				n.needs = append(n.needs, q.upstream.lastData()) // what they have in common may come only with that
			}
			if k := len(q.early); k > 0 {
				n.needs = append(n.needs, q.early[k-1])
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

// report adds what the plan says beside its actions.
func (c *compiler) report(p *plan.Plan) {
	for _, pr := range c.ordered {
		pr.report(p)
	}
	for _, j := range c.jobs {
		for _, o := range j.orphans {
			o.report(p)
			p.Orphans = append(p.Orphans, o.orphan())
		}
	}
	p.Conflicts = append(p.Conflicts, c.withheld...)
	slices.Sort(p.UpToDate)
}

func (p *pair) report(to *plan.Plan) {
	for _, w := range p.warnings {
		to.Warnings = append(to.Warnings, plan.Warning{Job: p.job.Name, Dataset: p.source, Message: w})
	}
	switch {
	case p.conflict != nil:
		to.Conflicts = append(to.Conflicts, *p.conflict)
	case p.src != nil && len(p.data) == 0 && p.common != nil:
		to.UpToDate = append(to.UpToDate, p.source)
	}
}

// ConnectionOf is what reaching a job's target takes, as a plan carries it.
func ConnectionOf(j *config.Job) plan.Connection {
	places := make([]string, 0, len(j.Datasets))
	for _, d := range j.Datasets {
		places = append(places, j.Place(d, d.Name))
	}
	return plan.Connection{RemoteHost: j.RemoteHost, RemotePort: j.RemotePort, RemoteUser: j.RemoteUser, Sudo: j.Privilege == config.PrivilegeSudo && !j.Local(), IdentityFile: j.IdentityFile,
		HostKeys: j.HostKeys, Connect: j.Timeouts.Connect, Stall: j.Timeouts.Stall, Bandwidth: j.Limits.Bandwidth, Parallel: j.Limits.Parallel, Places: places}
}
