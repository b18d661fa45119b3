package zfs

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// GetProperties asks for properties of the datasets and, with depth < 0, of all filesystems and volumes below them.
func GetProperties(depth int, properties, datasets []string) []string {
	argv := []string{"zfs", "get", "-Hp", "-t", "filesystem,volume", "-o", "name,property,source,value"}
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

// ParseProperties reads "name, property, value" lines of zfs get and zpool get. A value may contain tabs.
func ParseProperties(out []byte, add func(name, property, value string)) error {
	for line := range bytes.Lines(out) {
		name, property, value, ok := splitProperty(line)
		if !ok {
			return fmt.Errorf("cannot read properties: %.200q is not a name, a property and a value", line)
		}
		add(string(name), string(property), string(value))
	}
	return nil
}

// Value is the value of a property, and whether it was set on the dataset itself, by whoever has it: not inherited, not
// received, not the default.
type Value struct {
	Text  string
	Local bool
}

func splitProperty(line []byte) (name, property, value []byte, ok bool) {
	name, rest, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte("\t"))
	property, value, ok2 := bytes.Cut(rest, []byte("\t"))
	return name, property, value, ok && ok2
}

// ParseDatasets reads what [GetProperties] prints: for each dataset one line a property, in the order they were asked
// for (cmd/zfs/zfs_main.c, get_callback). Anything else is refused, and that keeps a value with line breaks, which a
// user property may have, from passing for lines about another dataset: whoever writes it would have to end one
// dataset's lines and begin them once more, and no dataset comes twice. Only the last property is not kept so; let it be
// one that holds a number.
func ParseDatasets(out []byte, properties []string, add func(dataset string, values []Value)) error {
	words := interner{}
	seen := map[string]bool{}
	dataset, values := "", make([]Value, 0, len(properties))
	for line := range bytes.Lines(out) {
		want := properties[len(values)]
		name, property, rest, ok := splitProperty(line)
		source, value, ok2 := bytes.Cut(rest, []byte("\t"))
		ok = ok && ok2
		begins := len(values) == 0
		switch {
		case !ok || string(property) != want || !begins && string(name) != dataset:
			return fmt.Errorf("cannot read the list of datasets: %.200q is where %s should be%s", line, want, after(dataset, begins))
		case begins && seen[string(name)]:
			return fmt.Errorf("cannot read the list of datasets: it has %s twice", name)
		case begins:
			if err := CheckDatasetName(string(name)); err != nil {
				return fmt.Errorf("cannot read the list of datasets: the name %.300q %w", name, err)
			}
			dataset = string(name)
			seen[dataset] = true
		}
		word, _ := words.get(value)
		if values = append(values, Value{word, string(source) == "local"}); len(values) == len(properties) {
			add(dataset, values)
			values = values[:0]
		}
	}
	if len(values) > 0 {
		return fmt.Errorf("cannot read the list of datasets: it ends before the %s of %s", properties[len(values)], dataset)
	}
	return nil
}

// after says where in the list of datasets a line is.
func after(dataset string, done bool) string {
	switch {
	case dataset == "":
		return " first"
	case done:
		return ", after " + dataset
	}
	return " of " + dataset
}
