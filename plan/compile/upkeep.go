package compile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// A new replica gets its properties with the stream that makes it. One that another tool made, or that was made under
// another config, is brought in line once it is up to date: what is known and differs is set, visibly. Somebody's decision
// is not undone: a replica that was made writable may be in use since a failover, so of that nothing is set.

// bringInLine sets what the replica lacks.
func (p *pair) bringInLine() {
	if p.conflict != nil || p.src == nil || p.dst == nil || p.gone || p.makes || p.common == nil || len(p.dst.Snapshots) == 0 {
		return
	}
	if p.madeWritable() {
		p.warn("the replica %s is writable, though receive.readonly is true: perhaps it is in use since a failover; if not, make it read-only again, %s",
			p.place, p.onTarget(zfs.SetProperty(p.place, "readonly", "on")))
		return
	}
	lacks := p.lacks()
	if len(lacks) == 0 {
		return
	}
	if all := p.strangers(); len(all) > 0 {
		p.warn("the replica %s lacks %s, and is not given it: what lies below it and does not belong to zfsrep would inherit that: %s", p.place, list(assignments(lacks)), list(all))
		return
	}
	for _, k := range append([]string{"readonly"}, slices.Sorted(maps.Keys(lacks))...) {
		if want, lacking := lacks[k]; lacking {
			p.setProperty(k, want)
			delete(lacks, k)
		}
	}
}

// setProperty plans to set one. What the replica has by then is not asked: it may have it already from a parent's replica.
func (p *pair) setProperty(property, want string) {
	option, is := "receive.properties", p.dst.Properties[property]
	expect := []plan.Expect{plan.ExpectGUID(plan.Target, p.place, p.dst.GUID)}
	if property == "readonly" {
		option = "receive.readonly"
		if p.dst.Properties["mounted"] == "no" {
			expect = append(expect, plan.ExpectProperty(plan.Target, p.place, "mounted", "no"))
		}
	}
	why := fmt.Sprintf("%s wants it, and the replica has %s", option, is)
	if is == "-" {
		why = option + " wants it, and the replica does not have it"
	}
	p.upkeep = append(p.upkeep, p.node(plan.SetProperty{Side: plan.Target, Dataset: p.place, Property: property, Value: want}, why, expect...))
}

// madeWritable says that a replica which the config wants read-only was perhaps made writable by somebody, or can be
// written into just now.
func (p *pair) madeWritable() bool {
	d := p.dst
	return p.job.Receive.Readonly && d != nil && len(d.Snapshots) > 0 && d.Properties["readonly"] == "off" &&
		(d.Local == nil || d.SetHere("readonly") || d.Properties["mounted"] == "yes")
}

// lacks are the properties that the config wants and the replica has otherwise. Where it cannot be told how ZFS prints a
// value, one that was set on the replica itself is taken for it. A stream with properties sets them all again.
func (p *pair) lacks() map[string]string {
	lacks := map[string]string{}
	if len(p.sends()) > 0 && p.sendFlags().Properties {
		return lacks
	}
	if p.job.Receive.Readonly && p.dst.Properties["readonly"] == "off" {
		lacks["readonly"] = "on"
	}
	for k, want := range p.job.Receive.Properties {
		is, known := p.dst.Properties[k]
		printed, sure := zfs.Printed(k, want)
		if known && k != "readonly" && zfs.Applies(k, p.dst.Volume()) && is != want && (sure && is != printed || !sure && p.dst.Local != nil && !p.dst.SetHere(k)) {
			lacks[k] = want
		}
	}
	return lacks
}

func assignments(set map[string]string) []string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(set)) {
		all = append(all, k+"="+set[k])
	}
	return all
}

// tieUpkeep lets what is set wait for all that happens to the replica before, one after the other.
func (p *pair) tieUpkeep() {
	before := p.job.there.maker(p.place)
	for _, n := range slices.Concat(p.early, p.data, p.pruning) {
		if side, name := n.Do.Subject(); side == plan.Target && name == p.place {
			before = n
		}
	}
	for _, n := range p.upkeep {
		if before != nil {
			n.needs = append(n.needs, before)
		}
		before = n
	}
}
