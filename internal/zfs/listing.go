package zfs

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
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

// ParseVersions reads the output of [ListVersions] and calls add for each line. b is valid only for bookmarks, s only for snapshots.
func ParseVersions(out []byte, add func(dataset string, bookmark bool, s Snapshot)) error {
	names := interner{}
	for line := range bytes.Lines(out) {
		var f [9][]byte
		if n := splitTabs(bytes.TrimSuffix(line, []byte("\n")), f[:]); n != len(f) {
			return fmt.Errorf("cannot read the list of snapshots: a line has %d columns instead of %d: %q", n, len(f), line)
		}
		i := bytes.IndexAny(f[0], "@#")
		if i < 0 {
			return fmt.Errorf("cannot read the list of snapshots: %q is neither snapshot nor bookmark", f[0])
		}
		s := Snapshot{Version: Version{Name: names.get(f[0][i+1:])}}
		guid, okGUID := unsigned(f[1])
		txg, okTXG := unsigned(f[2])
		if !okGUID || !okTXG {
			return fmt.Errorf("cannot read the list of snapshots: %q and %q are not both numbers, in the line of %s", f[1], f[2], f[0])
		}
		s.GUID, s.CreateTXG = GUID(guid), txg
		s.Creation = time.Unix(number(f[3]), 0).UTC()
		s.Holds, s.Clones = int(number(f[4])), int(number(f[5]))
		iv, _ := unsigned(f[6])
		s.IvsetGUID = GUID(iv)
		s.Written, s.Referenced = number(f[7]), number(f[8])
		add(names.get(f[0][:i]), f[0][i] == '#', s)
	}
	return nil
}

// number reads a column that may be "-" or empty: then it is 0.
func number(b []byte) int64 {
	n, _ := unsigned(b)
	return int64(n)
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

// interner keeps one copy of names that occur many times: the same snapshot name on every dataset.
type interner map[string]string

func (m interner) get(b []byte) string {
	if s, ok := m[string(b)]; ok {
		return s
	}
	s := string(b)
	m[s] = s
	return s
}

// GetProperties asks for properties of the datasets and, with depth < 0, of all filesystems and volumes below them.
func GetProperties(depth int, properties, datasets []string) []string {
	argv := []string{"zfs", "get", "-Hp", "-t", "filesystem,volume", "-o", "name,property,value"}
	argv = append(argv, depthArgs(depth)...)
	return append(append(argv, strings.Join(properties, ",")), datasets...)
}

// GetVersionProperties asks for properties of the named datasets, snapshots and bookmarks themselves.
func GetVersionProperties(properties, names []string) []string {
	argv := []string{"zfs", "get", "-Hp", "-t", "filesystem,volume,snapshot,bookmark", "-o", "name,property,value", strings.Join(properties, ",")}
	return append(argv, names...)
}

// GetPoolProperties asks for properties of all pools. A feature that this OpenZFS does not know is left out of the
// answer; any other unknown property fails the command (cmd/zpool/zpool_main.c, get_callback).
func GetPoolProperties(properties []string) []string {
	return []string{"zpool", "get", "-Hp", "-o", "name,property,value", strings.Join(properties, ",")}
}

// ReadClock asks a machine for its time, in seconds since 1970.
func ReadClock() []string { return []string{"date", "-u", "+%s"} }

// ParseClock reads the answer to [ReadClock]; ok is false when it is none.
func ParseClock(out []byte) (at time.Time, ok bool) { return unixTime(bytes.TrimSpace(out)) }

// unixTime reads seconds since 1970. Years of more than four digits cannot be written as RFC 3339.
func unixTime(b []byte) (at time.Time, ok bool) {
	n, ok := unsigned(b)
	if last := uint64(253402300799); !ok || n > last {
		return time.Time{}, false
	}
	return time.Unix(int64(n), 0).UTC(), true
}

// ParseProperties reads "name, property, value" lines of zfs get and zpool get. A value may contain tabs.
func ParseProperties(out []byte, add func(name, property, value string)) error {
	names := interner{}
	for line := range bytes.Lines(out) {
		f := bytes.SplitN(bytes.TrimSuffix(line, []byte("\n")), []byte("\t"), 3)
		if len(f) != 3 {
			return fmt.Errorf("cannot read properties: a line has %d columns instead of 3: %q", len(f), line)
		}
		add(names.get(f[0]), names.get(f[1]), names.get(f[2]))
	}
	return nil
}

// Missing reads the complaints of a listing that was given names which do not exist. It returns those names, and
// whether there was any other complaint: then the listing failed.
func Missing(stderr string) (names []string, other bool) {
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		rest, ok := strings.CutPrefix(line, "cannot open '")
		name, why, ok2 := strings.Cut(rest, "': ")
		if ok && ok2 && (strings.HasPrefix(why, "dataset does not exist") || strings.HasPrefix(why, "no such pool")) {
			names = append(names, name)
		} else if line != "" {
			other = true
		}
	}
	return names, other
}
