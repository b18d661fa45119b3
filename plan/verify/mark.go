package verify

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// mark is what the name of a bookmark says that a run leaves on the source:
//
//	zfsrep_<snapshot GUID>_<pool GUID>_<place hash>        the version has arrived in that place of that pool
//	zfsrep_<snapshot GUID>_<pool GUID>_<place hash>_first  it is about to be sent there, before anything else
//	zfsrep_<snapshot GUID>                                 of old, of the only replica
//	zfsrep_<snapshot GUID>_<host and place hash>           of old, of one of several
type mark struct {
	owner
	first bool
}

// owner is the replica that a mark speaks of.
type owner struct {
	pool zfs.GUID // 0: of old
	tag  string   // "": of the only replica
}

// readMark reads the name of a bookmark of that version. ok is false for what zfsrep has not left.
func readMark(name string, guid zfs.GUID) (m mark, ok bool) {
	rest, ok := strings.CutPrefix(name, "zfsrep_")
	if !ok {
		return m, false
	}
	rest, m.first = strings.CutSuffix(rest, "_first")
	parts := strings.Split(rest, "_")
	if parts[0] != guid.String() || m.first && len(parts) != 3 {
		return m, false
	}
	switch len(parts) {
	case 1:
		return m, true
	case 3:
		pool, err := strconv.ParseUint(parts[1], 10, 64)
		if err != nil || pool == 0 {
			return m, false
		}
		m.pool = zfs.GUID(pool)
	}
	m.tag = parts[len(parts)-1]
	_, err := strconv.ParseUint(m.tag, 16, 32)
	return m, err == nil && len(m.tag) == 8 && len(parts) <= 3
}

// own is what the marks of the pair's replica are called; known is false if the GUID of its pool is not known.
func (p *pair) own() (o owner, known bool) {
	pool, _ := p.of.there.pool(zfs.Pool(p.dst.name))
	return owner{pool.GUID, p.tag()}, pool.GUID != 0
}

// tag is the hash of the place within its pool.
func (p *pair) tag() string {
	_, within, _ := strings.Cut(p.dst.name, "/")
	return hash(within)
}

// ofOld is what they were called before they named the pool, where there were several.
func (p *pair) ofOld() owner {
	return owner{tag: hash(fmt.Sprintf("%s:%d/%s", p.of.RemoteHost, p.of.RemotePort, p.dst.name))}
}

func hash(text string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text)) // never fails
	return fmt.Sprintf("%08x", h.Sum32())
}

// mayLeave judges the name of a mark that an action of the pair leaves, and that what it says is true.
func (p *pair) mayLeave(a *action, name string, guid zfs.GUID) *fault {
	m, ok := readMark(name, guid)
	own, known := p.own()
	switch {
	case !ok:
		return wrong("#%s is no name that zfsrep gives to a bookmark of that snapshot", name)
	case known && m.owner != own, !known && m.owner != owner{} && m.owner != p.ofOld():
		return wrong("#%s would speak of another replica than %s", name, p.dst.name)
	case m.first:
		return nil
	}
	there := p.dst.snaps.version(guid)
	if there < 0 {
		return wrong("#%s says that %s has the version, which it does not", name, p.dst.name)
	}
	return a.after(p.dst.snaps.by(there), "which brings the snapshot to the target")
}

// mayRemove judges that a mark which an action of the pair removes is the pair's own. Of old ones it is not always
// known whose they are: those of the only replica go where the version is on this one, and nobody else may need it.
func (p *pair) mayRemove(a *action, b *bookmark) *fault {
	m, ok := readMark(b.Name, b.GUID)
	own, known := p.own()
	switch {
	case !ok:
		return wrong("#%s was not left by zfsrep", b.Name)
	case m.pool != 0 && !(known && m.owner == own):
		return wrong("#%s speaks of another replica than %s", b.Name, p.dst.name)
	case m.first && p.newest(a) == nil:
		return wrong("#%s keeps what has yet to arrive in %s", b.Name, p.dst.name)
	case m.pool != 0:
		return nil
	case m.tag != "" && m.owner != p.ofOld():
		return wrong("#%s speaks of another replica than %s", b.Name, p.dst.name)
	case m.tag == "":
		for _, q := range p.src.readers() {
			if q != p && q.mayNeed(a, b) {
				return wrong("#%s may be what %s of job %s starts from", b.Name, q.dst.name, q.of.Name)
			}
		}
	}
	if there := p.dst.snaps.version(b.GUID); there < 0 || !a.sees(p.dst.snaps.by(there)) {
		return wrong("#%s is of a version that %s does not have", b.Name, p.dst.name)
	}
	return nil
}

// mayNeed says that a mark which does not say whose it is may be the pair's: nothing else tells what its replica has.
func (p *pair) mayNeed(a *action, b *bookmark) bool {
	if p.looked() && p.newest(a) != nil {
		return false // what is in common stays anyway
	}
	own, _ := p.own()
	for i := range p.src.marks {
		other := &p.src.marks[i]
		m, ok := readMark(other.Name, other.GUID)
		mine := m.pool != 0 && (m.owner == own || own.pool == 0 && m.tag == p.tag()) || m.pool == 0 && m.tag != "" && m.owner == p.ofOld()
		if ok && other != b && !other.gone && mine {
			return false
		}
	}
	return true
}
