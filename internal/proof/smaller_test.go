package proof

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan/plantest"
)

// smaller takes away from a scene what it fails without: jobs, settings, datasets, versions, oddities, as long as it
// still fails. It knows what a scene is made of, so it gets further than shrinking the dice.
func (s *scene) smaller(fails func(*scene) bool) *scene {
	for {
		next := s.cut(fails)
		if next == nil {
			return s
		}
		s = next
	}
}

// cut is the scene without one of its parts, if it still fails; nil if there is no such part.
func (s *scene) cut(fails func(*scene) bool) *scene {
	for _, try := range slices.Concat(s.fewerJobs(), s.fewerDatasets(), s.fewerVersions(), s.fewerOddities()) {
		c := &scene{dice: s.dice, text: s.text, cfg: s.cfg, now: s.now, guids: s.guids, inv: copiedInventory(s.inv)}
		if try(c); c.cfg != nil && len(c.inv.Jobs) > 0 && fails(c) {
			return c
		}
	}
	return nil
}

func copiedInventory(inv *observe.Inventory) *observe.Inventory {
	text, _ := json.Marshal(inv)
	c, _ := observe.ReadInventory(text)
	return c
}

// fewerJobs leaves out a job, an entry, or a setting.
func (s *scene) fewerJobs() (all []func(*scene)) {
	var jobs map[string]map[string]any
	_ = json.Unmarshal([]byte(s.text), &jobs)
	reconfigured := func(change func(jobs map[string]map[string]any)) {
		all = append(all, func(c *scene) {
			var fewer map[string]map[string]any
			_ = json.Unmarshal([]byte(s.text), &fewer)
			change(fewer)
			text, _ := json.Marshal(fewer)
			plain := map[string]any{}
			for name, j := range fewer {
				plain[name] = j
			}
			c.text, c.cfg = string(text), parsed(plain)
			maps.DeleteFunc(c.inv.Jobs, func(name string, _ observe.Pair) bool { return fewer[name] == nil })
		})
	}
	for _, name := range slices.Sorted(maps.Keys(jobs)) {
		reconfigured(func(m map[string]map[string]any) { delete(m, name) })
		for i := range jobs[name]["datasets"].([]any) {
			reconfigured(func(m map[string]map[string]any) {
				m[name]["datasets"] = slices.Delete(m[name]["datasets"].([]any), i, i+1)
			})
		}
		for _, key := range slices.Sorted(maps.Keys(jobs[name])) {
			if key != "remoteHost" && key != "remotePool" && key != "datasets" {
				reconfigured(func(m map[string]map[string]any) { delete(m[name], key) })
			}
		}
	}
	return all
}

// sides calls f for both sides of all jobs, in the same order each time.
func sides(inv *observe.Inventory, f func(job string, target bool, side observe.Side)) {
	for _, job := range slices.Sorted(maps.Keys(inv.Jobs)) {
		f(job, false, inv.Jobs[job].Source)
		f(job, true, inv.Jobs[job].Target)
	}
}

// fewerDatasets leaves out a dataset, everywhere or in one view, or a pool.
func (s *scene) fewerDatasets() (all []func(*scene)) {
	names := map[string]bool{}
	sides(s.inv, func(job string, target bool, side observe.Side) {
		for _, name := range slices.Sorted(maps.Keys(side.Datasets)) {
			names[name] = true
			all = append(all, func(c *scene) { delete(c.side(job, target).Datasets, name) })
		}
	})
	var everywhere []func(*scene)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		everywhere = append(everywhere, func(c *scene) {
			sides(c.inv, func(_ string, _ bool, side observe.Side) {
				delete(side.Datasets, name)
				maps.DeleteFunc(side.Datasets, func(d string, _ *observe.Dataset) bool { return zfs.Within(d, name) })
			})
		})
	}
	return append(everywhere, all...)
}

func (s *scene) side(job string, target bool) observe.Side {
	if target {
		return s.inv.Jobs[job].Target
	}
	return s.inv.Jobs[job].Source
}

// fewerVersions leaves out the snapshots or bookmarks of one GUID, everywhere or at one place.
func (s *scene) fewerVersions() (all []func(*scene)) {
	guids := map[zfs.GUID]bool{}
	without := func(g zfs.GUID) func(*observe.Dataset) {
		return func(d *observe.Dataset) {
			d.Snapshots = slices.DeleteFunc(d.Snapshots, func(v zfs.Snapshot) bool { return v.GUID == g })
			d.Bookmarks = slices.DeleteFunc(d.Bookmarks, func(v zfs.Bookmark) bool { return v.GUID == g })
		}
	}
	sides(s.inv, func(job string, target bool, side observe.Side) {
		for _, name := range slices.Sorted(maps.Keys(side.Datasets)) {
			d := side.Datasets[name]
			for i, v := range d.Snapshots {
				guids[v.GUID] = true
				all = append(all, func(c *scene) {
					d := c.side(job, target).Datasets[name]
					d.Snapshots = slices.Delete(d.Snapshots, i, i+1)
				})
			}
			for i := range d.Bookmarks {
				all = append(all, func(c *scene) {
					d := c.side(job, target).Datasets[name]
					d.Bookmarks = slices.Delete(d.Bookmarks, i, i+1)
				})
			}
		}
	})
	var everywhere []func(*scene)
	for _, g := range slices.Sorted(maps.Keys(guids)) {
		everywhere = append(everywhere, func(c *scene) {
			sides(c.inv, func(_ string, _ bool, side observe.Side) {
				for _, d := range side.Datasets {
					without(g)(d)
				}
			})
		})
	}
	return append(everywhere, all...)
}

// fewerOddities makes one thing ordinary.
func (s *scene) fewerOddities() (all []func(*scene)) {
	if s.now != plantest.Tonight {
		all = append(all, func(c *scene) { c.now = plantest.Tonight })
	}
	sides(s.inv, func(job string, target bool, side observe.Side) {
		if !side.Now.IsZero() {
			all = append(all, func(c *scene) {
				p := c.inv.Jobs[job]
				p.Source.Now, p.Target.Now = time.Time{}, time.Time{}
				c.inv.Jobs[job] = p
			})
		}
		for _, name := range slices.Sorted(maps.Keys(side.Datasets)) {
			of, plain := side.Datasets[name], plantest.Dataset(name, target)
			change := func(f func(*observe.Dataset)) {
				all = append(all, func(c *scene) { f(c.side(job, target).Datasets[name]) })
			}
			for k, v := range of.Properties {
				if plain.Properties[k] != v {
					change(func(d *observe.Dataset) {
						if d.Properties[k] = plain.Properties[k]; plain.Properties[k] == "" {
							delete(d.Properties, k)
						}
					})
				}
			}
			if of.Resume != nil {
				change(func(d *observe.Dataset) { d.Resume = nil })
			}
			if of.GUID != plain.GUID {
				change(func(d *observe.Dataset) { d.GUID = plain.GUID })
			}
			for i, v := range of.Snapshots {
				if v.Holds+v.Clones > 0 {
					change(func(d *observe.Dataset) { d.Snapshots[i].Holds, d.Snapshots[i].Clones = 0, 0 })
				}
			}
		}
	})
	return all
}
