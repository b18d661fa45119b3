package zfssim

import "strings"

const (
	maxName    = 255 // bytes in a dataset or snapshot name
	maxNesting = 50
	recvName   = "%recv"
)

// lookup finds a filesystem or volume by its full name. The hidden %recv can be named too.
func (m *Machine) lookup(name string) *dataset {
	first, rest, more := strings.Cut(name, "/")
	p := m.pools[first]
	if p == nil {
		return nil
	}
	d := p.root
	for more && d != nil {
		first, rest, more = strings.Cut(rest, "/")
		if first == recvName {
			d = d.partial
		} else {
			d = d.children[first]
		}
	}
	return d
}

func (m *Machine) lookupSnap(name string) *snapshot {
	fs, short, ok := strings.Cut(name, "@")
	if !ok {
		return nil
	}
	if d := m.lookup(fs); d != nil {
		return d.snap(short)
	}
	return nil
}

func (m *Machine) lookupMark(name string) *bookmark {
	fs, short, ok := strings.Cut(name, "#")
	if !ok {
		return nil
	}
	if d := m.lookup(fs); d != nil {
		return d.mark(short)
	}
	return nil
}

// checkName says what is wrong with a name for an object of one of the kinds, or "".
func checkName(name string, kinds kind, modifying bool) string {
	switch {
	case kinds&kindSnapshot == 0 && strings.Contains(name, "@"):
		return "snapshot delimiter '@' is not expected here"
	case kinds == kindSnapshot && !strings.Contains(name, "@"):
		return "missing '@' delimiter in snapshot name"
	case kinds&kindBookmark == 0 && strings.Contains(name, "#"):
		return "bookmark delimiter '#' is not expected here"
	case kinds == kindBookmark && !strings.Contains(name, "#"):
		return "missing '#' delimiter in bookmark name"
	case modifying && strings.Contains(name, "%"):
		return "invalid character % in name"
	}
	return checkEntity(name)
}

// checkEntity checks the characters and the parts of a name.
func checkEntity(name string) string {
	switch {
	case len(name) > maxName:
		return "name is too long"
	case strings.HasPrefix(name, "/"):
		return "leading slash in name"
	case name == "":
		return "empty component or misplaced '@' or '#' delimiter in name"
	case strings.HasSuffix(name, "/"):
		return "trailing slash in name"
	}
	delimited := false
	for rest := name; ; {
		end := strings.IndexAny(rest, "/@#")
		part := rest
		if end >= 0 {
			part = rest[:end]
		}
		if why := checkPart(part, end < 0 || rest[end] == '/'); why != "" {
			return why
		}
		if end < 0 {
			return ""
		}
		if rest[end] != '/' {
			if delimited {
				return "multiple '@' and/or '#' delimiters in name"
			}
			delimited = true
		} else if delimited {
			return "trailing slash in name"
		}
		rest = rest[end+1:]
		if rest == "" {
			return "empty component or misplaced '@' or '#' delimiter in name"
		}
	}
}

func checkPart(part string, component bool) string {
	for i := 0; i < len(part); i++ {
		if c := part[i]; !validChar(c) && c != '%' {
			return "invalid character '" + string(rune(c)) + "' in name"
		}
	}
	switch {
	case component && part == ".":
		return "self reference, '.' is found in name"
	case component && part == "..":
		return "parent reference, '..' is found in name"
	case part == "":
		return "empty component or misplaced '@' or '#' delimiter in name"
	}
	return ""
}

func validChar(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.: ", c) >= 0
}

// parentName is the name without its last component, or "" for a pool.
func parentName(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return ""
}

func poolName(name string) string {
	if i := strings.IndexAny(name, "/@#"); i >= 0 {
		return name[:i]
	}
	return name
}
