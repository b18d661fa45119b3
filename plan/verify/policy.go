package verify

import "github.com/zfsrep/zfsrep/internal/config"

// unwanted judges that retention lets the snapshots go: some job has a policy for the dataset in one of its roles, and
// every such policy is about them. Which of those stay is for the policies to say.
func (a *action) unwanted(d *dataset, going []int) *fault {
	about := a.policies(d)
	if len(about) == 0 {
		return wrong("no job has a retention for %s", d.name)
	}
	for _, f := range about {
		for _, pos := range going {
			if name := d.snaps.at(pos).Name; !f.Matches(name) {
				return wrong("@%s is none of those that retention is about", name)
			}
		}
	}
	return nil
}

// policies are what the policies of the observed jobs are about that apply to the dataset; to an orphan the job's own.
func (a *action) policies(d *dataset) []config.Filter {
	var all []config.Filter
	target := func(j *job) {
		if p := j.Retention.Target; p != nil && j.seen {
			all = append(all, config.Filter{Include: p.Match})
		}
	}
	for _, p := range d.writers() {
		if p.src.exists || p.of == a.job {
			target(p.of)
		}
	}
	for _, p := range d.readers() {
		if s := p.of.Retention.Source; s != nil && p.of.seen {
			all = append(all, config.Filter{Include: s.Match})
		}
	}
	if len(d.pairs()) == 0 {
		target(a.job)
	}
	return all
}
