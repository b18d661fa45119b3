package zfssim

import (
	"fmt"
	"slices"
	"strings"
)

var sourceWords = map[string]source{"local": srcLocal, "default": srcDefault, "inherited": srcInherited,
	"received": srcReceived, "temporary": srcTemporary, "none": srcNone}

var getColumns = []string{"name", "property", "value", "received", "source"}

// getQuery is a parsed `zfs get`.
type getQuery struct {
	selection
	props    []string
	columns  []string
	sources  map[source]bool // nil: all
	scripted bool
	literal  bool
}

// get is `zfs get`.
func (c *call) get() int {
	q, ok := c.parseGet()
	if !ok {
		return badUse
	}
	found, code := c.gather(q.selection)
	rows := make([][]string, 0, len(found)*4)
	for _, o := range found {
		rows = c.getRows(rows, o, q)
	}
	c.printGet(rows, q)
	return code
}

func (c *call) parseGet() (getQuery, bool) {
	q := getQuery{selection: selection{types: kindAll, depth: -1}, columns: []string{"name", "property", "value", "source"}}
	opts, rest, ok := c.options("d:o:s:jJrt:Hp", jsonLong)
	if !ok {
		return q, false
	}
	for _, o := range opts {
		switch o.letter {
		case 'H':
			q.scripted = true
		case 'p':
			q.literal = true
		case 'r':
			q.recurse = true
		case 'd', 't':
			ok = c.selectOption(&q.selection, o)
		case 'o':
			ok = c.getColumns(&q, o.arg)
		case 's':
			ok = c.getSources(&q, o.arg)
		}
		if !ok {
			return q, false
		}
	}
	if len(rest) == 0 {
		c.usage("missing property argument")
		return q, false
	}
	q.args = rest[1:]
	q.snapshotsOf()
	if q.props, ok = c.propList(rest[0]); !ok {
		c.usage("")
	}
	return q, ok
}

func (c *call) getColumns(q *getQuery, arg string) bool {
	if arg == "all" {
		q.columns = getColumns
		return true
	}
	q.columns = strings.Split(arg, ",")
	for _, col := range q.columns {
		if !slices.Contains(getColumns, col) {
			c.usage("invalid column name '%s'", col)
			return false
		}
	}
	return true
}

func (c *call) getSources(q *getQuery, arg string) bool {
	q.sources = map[source]bool{}
	for _, w := range strings.Split(arg, ",") {
		s, ok := sourceWords[w]
		if !ok {
			c.usage("invalid source '%s'", w)
			return false
		}
		q.sources[s] = true
	}
	return true
}

// getRows adds the rows of one object.
func (c *call) getRows(rows [][]string, o object, q getQuery) [][]string {
	all := q.props == nil
	props := q.props
	if all {
		props = append(visibleProps(false), c.userPropNames(o)...)
	}
	for i, name := range props {
		if name == "name" && i == 0 && all {
			continue
		}
		v, ok := c.getValue(o, name, q.literal)
		if !ok && all || q.sources != nil && !q.sources[v.src] {
			continue
		}
		row := make([]string, len(q.columns))
		for j, col := range q.columns {
			switch col {
			case "name":
				row[j] = o.name()
			case "property":
				row[j] = name
			case "value":
				row[j] = v.text
			case "received":
				row[j] = receivedValue(o, name)
			case "source":
				row[j] = v.sourceText()
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// getValue is one property; what does not apply is "-" without a source.
func (c *call) getValue(o object, name string, literal bool) (value, bool) {
	if p := findProp(name); p != nil {
		v, ok := c.property(o, p, literal)
		if !ok {
			return value{text: "-"}, false
		}
		return v, true
	}
	if isWritten(name) || isUserQuota(name) {
		v := value{text: c.cell(o, name, literal), src: srcLocal}
		if v.text == "-" {
			v.src = srcNone
		}
		return v, v.src != srcNone
	}
	v := c.userProp(o, name)
	return v, v.src != srcNone
}

// userPropNames are the user properties in effect on an object, sorted.
func (c *call) userPropNames(o object) []string {
	seen := map[string]bool{}
	collect := func(props map[string]prop) {
		for k := range props {
			if isUserProp(k) && findProp(k) == nil {
				seen[k] = true
			}
		}
	}
	if o.kind == kindBookmark {
		return nil
	}
	if o.kind == kindSnapshot {
		collect(o.snap.props)
	}
	for d := o.ds; d != nil; d = d.parent {
		collect(d.props)
	}
	var list []string
	for k := range seen {
		if c.userProp(o, k).src != srcNone {
			list = append(list, k)
		}
	}
	slices.Sort(list)
	return list
}

func (v value) sourceText() string {
	switch v.src {
	case srcDefault:
		return "default"
	case srcLocal:
		return "local"
	case srcInherited:
		return "inherited from " + v.from
	case srcReceived:
		return "received"
	case srcTemporary:
		return "temporary"
	}
	return "-"
}

func receivedValue(o object, name string) string {
	props := o.ds.props
	if o.kind == kindSnapshot {
		props = o.snap.props
	}
	if p, ok := props[name]; ok && p.hasReceived && o.kind != kindBookmark {
		return p.received
	}
	return "-"
}

func (c *call) printGet(rows [][]string, q getQuery) {
	if q.scripted {
		for _, r := range rows {
			for i, v := range r {
				if i > 0 {
					c.out.WriteByte('\t')
				}
				c.out.WriteString(v)
			}
			c.out.WriteByte('\n')
		}
		return
	}
	if len(rows) == 0 {
		return
	}
	head := make([]string, len(q.columns))
	for i, col := range q.columns {
		head[i] = strings.ToUpper(col)
	}
	rows = append([][]string{head}, rows...)
	widths := make([]int, len(head))
	for _, r := range rows {
		for i, v := range r {
			widths[i] = max(widths[i], len(v))
		}
	}
	for _, r := range rows {
		for i, v := range r {
			if i == len(r)-1 {
				c.out.WriteString(v)
				continue
			}
			fmt.Fprintf(&c.out, "%-*s  ", widths[i], v)
		}
		c.out.WriteByte('\n')
	}
}
