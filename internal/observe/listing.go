package observe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// listing is datasets by name, as one machine lists them.
type listing map[string]*Dataset

// addDatasets adds what zfs get printed of the properties. A value that cannot be shown as it is, as no value of zfs itself
// is, stays unknown. Of those that may have to be set it is noted which were set on the dataset itself.
func (l listing) addDatasets(out []byte, properties []string, settable func(string) bool) error {
	return zfs.ParseDatasets(out, properties, func(name string, values []zfs.Value) {
		d := &Dataset{Properties: make(map[string]string, len(properties)), Local: []string{}, Snapshots: []zfs.Snapshot{}, Bookmarks: []zfs.Bookmark{}}
		for i, value := range values {
			property := properties[i]
			if d.set(property, value.Text); property == "receive_resume_token" || property == placeProperty && value.Text == "-" {
				continue
			}
			if printable(value.Text) {
				d.Properties[property] = value.Text
			}
			if value.Local && settable(property) {
				d.Local = append(d.Local, property)
			}
		}
		l[name] = d
	})
}

// set keeps what has a field of its own. The token is in Resume alone, for it is long.
func (d *Dataset) set(property, value string) {
	switch property {
	case "type":
		d.Type = value
	case "guid":
		d.GUID = parseGUID(value)
	case "receive_resume_token":
		if value != "-" && value != "" {
			d.Resume = newResume(value)
		}
	}
}

func parseGUID(text string) zfs.GUID {
	n, _ := strconv.ParseUint(text, 10, 64)
	return zfs.GUID(n)
}

// addVersions adds snapshots and bookmarks to datasets whose properties were seen. One that appeared between the two
// listings is left for the next run.
func (l listing) addVersions(out []byte) error {
	return zfs.ParseVersions(out, func(dataset string, bookmark bool, v zfs.Snapshot) {
		d := l[dataset]
		switch {
		case d == nil:
		case bookmark:
			d.Bookmarks = append(d.Bookmarks, zfs.Bookmark{Version: v.Version})
		default:
			d.Snapshots = append(d.Snapshots, v)
		}
	})
}

// parsePools reads what zpool get printed. What was not asked for is no property of a pool.
func parsePools(out []byte) (map[string]Pool, error) {
	pools := map[string]Pool{}
	var bad error
	err := zfs.ParseProperties(out, func(name, property, value string) {
		if err := zfs.CheckDatasetName(name); (err != nil || strings.Contains(name, "/")) && bad == nil {
			bad = fmt.Errorf("cannot read the list of pools: %.300q is not a pool's name", name)
		}
		p := pools[name]
		feature, isFeature := strings.CutPrefix(property, "feature@")
		switch {
		case !slices.Contains(poolProperties, property) || !printable(value):
		case isFeature && value != "disabled":
			p.Features = append(p.Features, feature)
		case property == "guid":
			p.GUID = parseGUID(value)
		case property == "free":
			p.Free, _ = strconv.ParseInt(value, 10, 64)
		case property == "readonly":
			p.Readonly = value == "on"
		case property == "health":
			p.Health = value
		}
		pools[name] = p
	})
	if err == nil {
		err = bad
	}
	return pools, err
}

// printable says that a text is what it looks like: nothing in it moves a cursor, breaks a line, or gets lost in JSON.
func printable(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
