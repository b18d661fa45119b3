package zfssim

import (
	"fmt"
	"strconv"
	"strings"
)

var jsonLong = map[string]byte{"json": 'j', "json-int": 'J'}

// list is `zfs list`.
func (c *call) list() int {
	opts, rest, ok := c.options("jJHS:d:o:prs:t:", jsonLong)
	if !ok {
		return badUse
	}
	s := selection{types: kindDataset, hidden: true, depth: -1, args: rest}
	fields, scripted, literal, json := "name,used,available,referenced,mountpoint", false, false, false
	for _, o := range opts {
		switch o.letter {
		case 'H':
			scripted = true
		case 'p':
			literal = true
		case 'r':
			s.recurse = true
		case 'o':
			fields = o.arg
		case 'd', 't', 's', 'S':
			if ok = c.selectOption(&s, o); !ok {
				return badUse
			}
		case 'j':
			json = true
		}
	}
	s.snapshotsOf()
	props, ok := c.propList(fields)
	if !ok {
		return c.usage("")
	}
	found, code := c.gather(s)
	if json {
		c.errorf("zfssim: -j is not modelled\n")
		return failed
	}
	if scripted {
		c.printRows(found, props, literal)
	} else if len(found) > 0 {
		c.printTable(found, props, literal)
	} else if code == done {
		c.errorf("no datasets available\n")
	}
	return code
}

// selectOption reads the options that list and get share.
func (c *call) selectOption(s *selection, o option) bool {
	switch o.letter {
	case 'd':
		n, err := strconv.Atoi(o.arg)
		if err != nil || n < 0 {
			c.usage("%s is not an integer", o.arg)
			return false
		}
		s.recurse, s.depth = true, n
	case 't':
		t, ok := c.parseTypes(o.arg)
		if !ok {
			return false
		}
		s.types, s.hidden = t, false
	case 's', 'S':
		if findProp(o.arg) == nil && !isUserProp(o.arg) {
			c.usage("invalid property '%s'", o.arg)
			return false
		}
		s.sort = append(s.sort, sortKey{o.arg, o.letter == 'S'})
	}
	return true
}

// snapshotsOf makes `-t snapshot DATASET` list the dataset's snapshots.
func (s *selection) snapshotsOf() {
	if (s.types == kindSnapshot || s.types == kindBookmark) && len(s.args) > 0 && !s.recurse {
		s.recurse, s.depth = true, 1
	}
}

// propList reads a list of property names. Nil stands for all of them.
func (c *call) propList(fields string) ([]string, bool) {
	if fields == "all" {
		return nil, true
	}
	var list []string
	for _, f := range strings.Split(fields, ",") {
		switch {
		case f == "space":
			list = append(list, "name", "available", "used", "usedbysnapshots", "usedbydataset", "usedbyrefreservation", "usedbychildren")
		case findProp(f) != nil:
			list = append(list, findProp(f).name)
		case isUserProp(f) || isWritten(f) || isUserQuota(f):
			list = append(list, f)
		default:
			c.say("bad property list", "invalid property '"+f+"'")
			return nil, false
		}
	}
	return list, true
}

func isUserQuota(name string) bool {
	for _, p := range []string{"userused@", "groupused@", "userquota@", "groupquota@"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// cell is one value as list prints it.
func (c *call) cell(o object, name string, literal bool) string {
	if p := findProp(name); p != nil {
		v, ok := c.property(o, p, literal)
		if !ok {
			return "-"
		}
		return v.text
	}
	if isWritten(name) {
		text, ok := c.writtenSince(o, name)
		switch {
		case !ok:
			return "-"
		case !literal:
			return niceBytes(atou(text))
		}
		return text
	}
	if isUserQuota(name) {
		return "-"
	}
	return c.userProp(o, name).text
}

func (c *call) printRows(found []object, props []string, literal bool) {
	if props == nil {
		props = visibleProps(true)
	}
	for _, o := range found {
		for i, p := range props {
			if i > 0 {
				c.out.WriteByte('\t')
			}
			c.out.WriteString(c.cell(o, p, literal))
		}
		c.out.WriteByte('\n')
	}
}

// visibleProps are the properties "all" stands for.
func visibleProps(withName bool) []string {
	var list []string
	if withName {
		list = append(list, "name")
	}
	for i := range propTable {
		if !propTable[i].hidden {
			list = append(list, propTable[i].name)
		}
	}
	return list
}

// printTable prints what people read: a header, and columns as wide as they must be.
func (c *call) printTable(found []object, props []string, literal bool) {
	if props == nil {
		props = visibleProps(true)
	}
	rows := [][]string{make([]string, len(props))}
	for i, p := range props {
		rows[0][i] = columnHead(p)
	}
	for _, o := range found {
		row := make([]string, len(props))
		for i, p := range props {
			row[i] = c.cell(o, p, literal)
		}
		rows = append(rows, row)
	}
	widths := make([]int, len(props))
	for i, p := range props {
		if rightAligned(p) {
			widths[i] = 5
		}
	}
	for _, r := range rows {
		for i, v := range r {
			widths[i] = max(widths[i], len(v))
		}
	}
	for _, r := range rows {
		for i, v := range r {
			if i > 0 {
				c.out.WriteString("  ")
			}
			switch {
			case rightAligned(props[i]):
				fmt.Fprintf(&c.out, "%*s", widths[i], v)
			case i == len(r)-1:
				c.out.WriteString(v)
			default:
				fmt.Fprintf(&c.out, "%-*s", widths[i], v)
			}
		}
		c.out.WriteByte('\n')
	}
}

var columnHeads = map[string]string{"available": "AVAIL", "referenced": "REFER", "compressratio": "RATIO", "usedbysnapshots": "USEDSNAP",
	"usedbydataset": "USEDDS", "usedbyrefreservation": "USEDREFRESERV", "usedbychildren": "USEDCHILD", "readonly": "RDONLY"}

func columnHead(prop string) string {
	if h, ok := columnHeads[prop]; ok {
		return h
	}
	return strings.ToUpper(prop)
}

func rightAligned(prop string) bool {
	if isWritten(prop) {
		return true
	}
	p := findProp(prop)
	return p != nil && p.typ == typeNumber && p.name != "creation"
}
