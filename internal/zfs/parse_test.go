package zfs

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// listed is what OpenZFS 2.3.9 printed for the columns of ListVersions.
const listed = "tank/a@s2\t18237672899431565955\t14\t1795411535\t1\t0\t-\t218112\t431104\n" +
	"tank/a#b1\t3944430943874893922\t13\t1795411535\t-\t-\t0\t-\t227328\n" +
	"tank/enc@s1\t17256034608050467557\t13\t1795411535\t0\t3\t65901310891560173\t200704\t200704\n" +
	"tank/enc#eb1\t17256034608050467557\t13\t1795411535\t-\t-\t65901310891560173\t-\t200704\n"

func TestParseVersions(t *testing.T) {
	type line struct {
		Dataset  string
		Bookmark bool
		Snapshot
	}
	var got []line
	if err := ParseVersions([]byte(listed), func(d string, b bool, s Snapshot) { got = append(got, line{d, b, s}) }); err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1795411535, 0).UTC()
	want := []line{
		{"tank/a", false, Snapshot{Version{"s2", 18237672899431565955, 14, at, 0}, 1, 0, 218112, 431104}},
		{"tank/a", true, Snapshot{Version{"b1", 3944430943874893922, 13, at, 0}, 0, 0, 0, 227328}},
		{"tank/enc", false, Snapshot{Version{"s1", 17256034608050467557, 13, at, 65901310891560173}, 0, 3, 200704, 200704}},
		{"tank/enc", true, Snapshot{Version{"eb1", 17256034608050467557, 13, at, 65901310891560173}, 0, 0, 0, 200704}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"tank/a@s\t1\n", "tank/a\t1\t2\t3\t0\t0\t-\t0\t0\n", "\n",
		"tank/a@s\tx\t2\t3\t0\t0\t-\t0\t0\n", "tank/a@s\t-\t2\t3\t0\t0\t-\t0\t0\n", "tank/a@s\t1\t\t3\t0\t0\t-\t0\t0\n",
		"tank/a@s\t1\t2\t-\t0\t0\t-\t0\t0\n", "tank/a@s\t1\t2\t253402300800\t0\t0\t-\t0\t0\n", // a year of five digits breaks JSON
		"tank/a@s\t1\t2\t3\tone\t0\t-\t0\t0\n", "tank/a@s\t1\t2\t3\t0\t9223372036854775808\t-\t0\t0\n",
		"tank/a@s\x1b[2J\t1\t2\t3\t0\t0\t-\t0\t0\n", "tank/\ra@s\t1\t2\t3\t0\t0\t-\t0\t0\n", "tank/a@s@t\t1\t2\t3\t0\t0\t-\t0\t0\n",
		"-r@s\t1\t2\t3\t0\t0\t-\t0\t0\n", "@s\t1\t2\t3\t0\t0\t-\t0\t0\n", "tank/a@\t1\t2\t3\t0\t0\t-\t0\t0\n", "tank/\xff@s\t1\t2\t3\t0\t0\t-\t0\t0\n"} {
		if err := ParseVersions([]byte(bad), func(string, bool, Snapshot) {}); err == nil || !strings.HasPrefix(err.Error(), "cannot read the list of snapshots") || strings.ContainsAny(err.Error(), "\x1b\r\n") {
			t.Errorf("%q gives %v", bad, err)
		}
	}
}

func TestParseProperties(t *testing.T) {
	got := map[string]string{}
	add := func(name, property, value string) { got[name+" "+property] = value }
	if err := ParseProperties([]byte("tank/a\tguid\t4739620809335346246\ntank/a\tx:y\twith\ttabs\ntank/a\torigin\t-\n"), add); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"tank/a guid": "4739620809335346246", "tank/a x:y": "with\ttabs", "tank/a origin": "-"}, got); diff != "" {
		t.Error(diff)
	}
	if err := ParseProperties([]byte("bad banner\n"), add); err == nil {
		t.Error("a banner is read as properties")
	}
}

func TestParseDatasets(t *testing.T) {
	properties := []string{"type", "x:y", "quota"}
	lines := func(dataset string, values ...string) (all string) {
		for i, v := range values {
			all += dataset + "\t" + properties[i] + "\tlocal\t" + v + "\n"
		}
		return all
	}
	parse := func(out string) (map[string]string, error) {
		got := map[string]string{}
		err := ParseDatasets([]byte(out), properties, func(dataset string, values []Value) {
			for i, v := range values {
				got[dataset] += strings.Repeat("|", min(i, 1)) + v.Text + strings.Repeat("?", boolToInt(!v.Local))
			}
		})
		return got, err
	}
	got, err := parse(lines("tank", "filesystem", "-", "0") + lines("tank/a", "volume", "with\ta tab", "-") +
		"tank/b\ttype\t-\tvolume\ntank/b\tx:y\tinherited from tank\tw\ntank/b\tquota\treceived\t7\n")
	if diff := cmp.Diff(map[string]string{"tank": "filesystem|-|0", "tank/a": "volume|with\ta tab|-", "tank/b": "volume?|w?|7?"}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if got, err := parse(""); len(got) > 0 || err != nil {
		t.Error(got, err)
	}
	// Whatever stands in a value, no line of it is taken for another dataset's, or for another property.
	inside := func(value string) string {
		return lines("tank/b", "filesystem", "-", "7") + lines("tank/a", "filesystem", "v\n"+value, "0") + lines("tank/c", "filesystem", "-", "0")
	}
	for _, bad := range []string{"hello\n", "tank\ttype\n", lines("tank", "filesystem"), lines("tank", "filesystem", "-"),
		lines("tank", "filesystem", "-", "0") + lines("tank", "filesystem", "-", "0"),
		"tank\tx:y\t-\n", "tank\ttype\tfilesystem\n", lines("tank\x1b", "filesystem", "-", "0"), lines("-r", "filesystem", "-", "0"),
		lines("tank", "filesystem", "-")[:1] + lines("other", "filesystem", "-", "0"),
		inside(""), inside("w"), inside("tank/a\tx:y\tlocal\tw"), inside(lines("tank/c", "filesystem", "-", "0")),
		inside("tank/a\tquota\tlocal\t9\n" + lines("tank/x", "filesystem", "-")),
		inside("tank/a\tquota\tlocal\t9\n" + lines("tank/x", "filesystem", "-", "0") + lines("tank/a", "filesystem", "w")),
	} {
		if got, err := parse(bad); err == nil || !strings.HasPrefix(err.Error(), "cannot read the list of datasets") || strings.ContainsAny(err.Error(), "\x1b\n") {
			t.Errorf("%q gives %v, %v", bad, got, err)
		}
	}
	_, err = parse(inside("w"))
	if want := `cannot read the list of datasets: "w\n" is where quota should be of tank/a`; err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}

func TestParseClock(t *testing.T) {
	if at, ok := ParseClock([]byte("1764129607\n")); !ok || !at.Equal(time.Date(2025, 11, 26, 4, 0, 7, 0, time.UTC)) {
		t.Error(at, ok)
	}
	for _, bad := range []string{"", "\n", "-1\n", "Wed Nov 26 04:00:07 UTC 2025\n", "1764129607\n1764129608\n", "253402300800\n", "99999999999999999999\n"} {
		if at, ok := ParseClock([]byte(bad)); ok || !at.IsZero() {
			t.Errorf("%q is read as %s", bad, at)
		}
	}
}

func FuzzParsers(f *testing.F) {
	f.Add([]byte(listed))
	f.Add([]byte("tank/a\tguid\t1\n"))
	f.Fuzz(func(_ *testing.T, out []byte) {
		_ = ParseVersions(out, func(string, bool, Snapshot) {})
		_ = ParseDatasets(out, []string{"type", "x:y", "quota"}, func(string, []Value) {})
		_ = ParseProperties(out, func(string, string, string) {})
		_, _ = missing(string(out), []string{"tank/a"})
		_ = Explain(string(out))
	})
}

func TestFitsName(t *testing.T) {
	if !FitsName(strings.Repeat("x", 200), 54) || FitsName(strings.Repeat("x", 200), 55) {
		t.Error("dataset, @ and snapshot share 255 bytes")
	}
	if !FitsName(strings.Repeat("x", 249), 1) || FitsName(strings.Repeat("x", 250), 1) {
		t.Error("a receive in progress needs room for /%recv")
	}
	if !FitsName(strings.Repeat("x/", 49)+"x", 1) || FitsName(strings.Repeat("x/", 50)+"x", 1) {
		t.Error("50 levels are allowed")
	}
}
