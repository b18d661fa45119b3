package retention

import (
	"path"
	"strings"
)

// MatchAny says that one of the globs matches name.
func MatchAny(globs []string, name string) bool {
	for _, g := range globs {
		if MatchGlob(g, name) {
			return true
		}
	}
	return false
}

// MatchGlob matches a whole name with the syntax of [path.Match], only that * and ? match a slash too.
// A malformed glob matches nothing. It is asked for every snapshot there is, so what people write most, a plain
// name with at most one star, is compared without a pattern matcher.
func MatchGlob(glob, name string) bool {
	if i := strings.IndexAny(glob, `*?[\`); i < 0 {
		return glob == name
	} else if glob[i] == '*' && !strings.ContainsAny(glob[i+1:], `*?[\`) {
		before, after := glob[:i], glob[i+1:]
		return len(name) >= len(before)+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, after)
	}
	ok, err := path.Match(strings.ReplaceAll(glob, "/", "\x00"), strings.ReplaceAll(name, "/", "\x00"))
	return err == nil && ok
}
