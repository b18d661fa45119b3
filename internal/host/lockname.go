package host

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// LockName is a name to lock: for oneself, or shared with others who share it.
type LockName struct {
	Name   string
	Shared bool
}

// LocksOn is what to lock so that nobody else works on these places, in them or around them. Places are paths such as
// tank/a: each is locked for oneself, all that it lies in is shared. Of places inside one another only the outer one
// counts.
func LocksOn(places []string) []LockName {
	shared := map[string]bool{}
	for _, place := range places {
		if slices.ContainsFunc(places, func(outer string) bool { return strings.HasPrefix(place, outer+"/") }) {
			continue
		}
		shared[place] = false
		for i, r := range place {
			if r == '/' {
				shared[place[:i]] = true
			}
		}
	}
	var names []LockName
	for _, name := range slices.Sorted(maps.Keys(shared)) {
		names = append(names, LockName{name, shared[name]})
	}
	return names
}

// Covers says that the lock of this name is one that the place needs.
func (n LockName) Covers(place string) bool {
	return n.Name == place || strings.HasPrefix(place, n.Name+"/")
}

// File is the name as that of a file. Names of datasets may be longer than those of files.
func (n LockName) File() string {
	const longest = 200
	file := url.PathEscape(n.Name)
	if len(file) > longest {
		return fmt.Sprintf("%x", sha256.Sum256([]byte(n.Name)))
	}
	return file
}
