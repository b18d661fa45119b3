package verify

import (
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// bookmark leaves a mark of a snapshot on the source.
func (r *replay) bookmark(a *action, s plan.Bookmark) *fault {
	d := a.on
	pos, f := d.present(s.Snapshot)
	if f != nil {
		return f
	}
	pool, _ := d.on.pool(zfs.Pool(d.name))
	v := d.snaps.at(pos).Version
	switch {
	case !pool.Has("bookmarks"):
		return wrong("the pool of %s has no bookmarks", d.name)
	case d.marked(s.Bookmark):
		return drift(d.name+"#"+s.Bookmark+" exists on "+d.on.title, "#%s exists", s.Bookmark)
	case len(d.name)+1+len(s.Bookmark) > zfs.MaxName:
		return wrong("%s#%s is longer than ZFS allows (%d bytes)", d.name, s.Bookmark, zfs.MaxName)
	}
	if f := d.on.unfit(d.name); f != nil {
		return f
	}
	if f := a.after(d.snaps.by(pos), "which brings @"+s.Snapshot); f != nil {
		return f
	}
	if f := r.pair(a.job, d.name).mayLeave(a, s.Bookmark, v.GUID); f != nil {
		return f
	}
	v.Name, v.CreateTXG = s.Bookmark, d.order(pos)
	if !pool.Has("bookmark_v2") {
		v.IvsetGUID = 0
	}
	d.marks = append(d.marks, bookmark{Bookmark: zfs.Bookmark{Version: v}, by: a})
	return nil
}

// marked says that a bookmark of that name is there, or was: the plan does not make anew what it removes.
func (d *dataset) marked(name string) bool {
	for i := range d.marks {
		if d.marks[i].Name == name {
			return true
		}
	}
	return false
}
