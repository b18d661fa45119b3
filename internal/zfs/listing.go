package zfs

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"
)

// versionColumns are what a listing of versions asks for. Bookmarks have the first four and ivsetguid.
const versionColumns = "name,guid,createtxg,creation,userrefs,numclones,ivsetguid,written,referenced"

// ListVersions lists the snapshots and bookmarks of the datasets (depth 1) or also of all below them (depth < 0).
func ListVersions(depth int, datasets []string) []string {
	argv := []string{"zfs", "list", "-Hp", "-t", "snapshot,bookmark", "-o", versionColumns}
	return append(append(argv, depthArgs(depth)...), datasets...)
}

func depthArgs(depth int) []string {
	if depth < 0 {
		return []string{"-r"}
	}
	return []string{"-d", strconv.Itoa(depth)}
}

// ParseVersions reads the output of [ListVersions] and calls add for each line. Of a bookmark only the Version is known.
// Names are held to ZFS's alphabet, so that nothing but a name comes through, whoever printed the list.
func ParseVersions(out []byte, add func(dataset string, bookmark bool, s Snapshot)) error {
	datasets, names := interner{check: CheckDatasetName}, interner{check: CheckSnapshotPart}
	for line := range bytes.Lines(out) {
		dataset, bookmark, s, err := readVersion(bytes.TrimSuffix(line, []byte("\n")), &datasets, &names)
		if err != nil {
			return fmt.Errorf("cannot read the list of snapshots: %w", err)
		}
		add(dataset, bookmark, s)
	}
	return nil
}

func readVersion(line []byte, datasets, names *interner) (dataset string, bookmark bool, s Snapshot, err error) {
	var f [9][]byte
	if n := splitTabs(line, f[:]); n != len(f) {
		return "", false, s, fmt.Errorf("%.200q is where a line of %d columns should be", line, len(f))
	}
	i := bytes.IndexAny(f[0], "@#")
	if i < 0 {
		return "", false, s, fmt.Errorf("%.300q is neither snapshot nor bookmark", f[0])
	}
	if dataset, err = datasets.get(f[0][:i]); err != nil {
		return "", false, s, err
	}
	if s.Name, err = names.get(f[0][i+1:]); err != nil {
		return "", false, s, err
	}
	var n numbers
	s.GUID, s.CreateTXG, s.Creation = GUID(n.number(f[1])), n.number(f[2]), n.time(f[3])
	s.Holds, s.Clones, s.IvsetGUID = int(n.count(f[4])), int(n.count(f[5])), GUID(n.orNone(f[6]))
	s.Written, s.Referenced = n.count(f[7]), n.count(f[8])
	if n.bad {
		return "", false, s, fmt.Errorf("the line of %s has something else where numbers should be: %.200q", f[0], line)
	}
	return dataset, f[0][i] == '#', s, nil
}

// numbers reads columns, and remembers whether one of them was no number.
type numbers struct{ bad bool }

func (r *numbers) number(b []byte) uint64 {
	n, ok := unsigned(b)
	r.bad = r.bad || !ok
	return n
}

// orNone reads a column that is "-" or empty where there is nothing: then it is 0.
func (r *numbers) orNone(b []byte) uint64 {
	if len(b) == 0 || len(b) == 1 && b[0] == '-' {
		return 0
	}
	return r.number(b)
}

// count is orNone for what is counted, which has 63 bits to be counted in.
func (r *numbers) count(b []byte) int64 {
	n := r.orNone(b)
	r.bad = r.bad || n > math.MaxInt64
	return int64(n)
}

func (r *numbers) time(b []byte) time.Time {
	at, ok := unixTime(b)
	r.bad = r.bad || !ok
	return at
}

// unixTime reads seconds since 1970. Years of more than four digits cannot be written as RFC 3339.
func unixTime(b []byte) (at time.Time, ok bool) {
	n, ok := unsigned(b)
	if last := uint64(253402300799); !ok || n > last {
		return time.Time{}, false
	}
	return time.Unix(int64(n), 0).UTC(), true
}

// unsigned reads a decimal number. There are millions of them, and strconv wants a string of each.
func unsigned(b []byte) (n uint64, ok bool) {
	for _, c := range b {
		digit := uint64(c - '0')
		if digit > 9 || n > (1<<64-1-digit)/10 {
			return 0, false
		}
		n = n*10 + digit
	}
	return n, len(b) > 0
}

func splitTabs(line []byte, into [][]byte) int {
	n := 0
	for {
		i := bytes.IndexByte(line, '\t')
		if n < len(into) {
			into[n] = line
			if i >= 0 {
				into[n] = line[:i]
			}
		}
		n++
		if i < 0 {
			return n
		}
		line = line[i+1:]
	}
}

// interner keeps one copy of names that occur many times, as the same snapshot name does on every dataset, and holds
// each to its rules once.
type interner struct {
	known map[string]string
	check func(string) error
}

func (m *interner) get(b []byte) (string, error) {
	if s, ok := m.known[string(b)]; ok {
		return s, nil
	}
	s := string(b)
	if m.check != nil {
		if err := m.check(s); err != nil {
			return "", fmt.Errorf("the name %.300q %w", s, err)
		}
	}
	if m.known == nil {
		m.known = map[string]string{}
	}
	m.known[s] = s
	return s, nil
}
