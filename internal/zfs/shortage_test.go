package zfs

import (
	"strings"
	"testing"
)

// told reads "dataset: property=value ..." lines.
func told(text string) Told {
	m := map[[2]string]string{}
	for line := range strings.Lines(text) {
		name, props, _ := strings.Cut(strings.TrimSpace(line), ": ")
		for _, p := range strings.Fields(props) {
			property, value, _ := strings.Cut(p, "=")
			m[[2]string{name, property}] = value
		}
	}
	return func(name, property string) string { return m[[2]string{name, property}] }
}

func TestShortage(t *testing.T) {
	const receive = "cannot receive incremental stream: out of space"
	const quota = "cannot receive incremental stream: destination tank/r/a space quota exceeded."
	for name, c := range map[string]struct{ command, stderr, state, says, cure string }{
		"a received refquota": {"sudo -n zfs rollback tank/r/a@1", "cannot rollback 'tank/r/a': out of space",
			"tank: available=9000000000\ntank/r/a: type=filesystem refquota=1073741824 available=900 written=4096\ntank/r/a@1: referenced=2147483648",
			"the refquota of tank/r/a is 1.0 GiB, and the snapshot holds 2.0 GiB", "zfs set refquota=none tank/r/a"},
		"a refquota that is none of its causes": {"zfs rollback tank/r/a@1", "cannot rollback 'tank/r/a': out of space",
			"tank: available=0\ntank/r/a: refquota=1073741824 referenced=5 available=0\ntank/r/a@1: referenced=2147483",
			"the pool tank on box has no room for it: 0 B is available", "zfs list -o space -r tank"},
		"a volume's reservation": {"zfs snapshot tank/v@x", "cannot create snapshot 'tank/v@x': out of space",
			"tank: available=1073741824\ntank/v: type=volume available=9663676416 usedbyrefreservation=8589934592 refreservation=10737418240 written=2147483648",
			"there is no room on box for the reservation of the volume tank/v, 10 GiB, besides what its snapshots keep: 1.0 GiB is available", "zfs set refreservation=none tank/v"},
		"a reservation at the end of a receive": {"zfs receive -s -u tank/v", receive,
			"tank: available=1073741824\ntank/v: type=volume available=9663676416 usedbyrefreservation=8589934592 refreservation=10737418240 written=0",
			"the reservation of the volume tank/v", "zfs set refreservation=none tank/v"},
		"a reservation with room": {"zfs snapshot tank/v@x", "cannot create snapshot 'tank/v@x': out of space",
			"tank: available=5\ntank/v: type=volume available=9663676416 usedbyrefreservation=0 refreservation=10737418240 written=2147483648 snapshot_limit=none",
			"the pool tank on box", "zfs list -o space -r tank"},
		"a limit": {"zfs snapshot tank/r/a@x", "cannot create snapshot 'tank/r/a@x': out of space",
			"tank: available=90000000\ntank/r: snapshot_limit=30 snapshot_count=30\ntank/r/a: snapshot_limit=18446744073709551615 snapshot_count=12 refreservation=0 available=90000000",
			"the snapshot_limit of tank/r is 30, and so many there are", "zfs set snapshot_limit=none tank/r"},
		"the quota of a place": {"sudo -n zfs receive -s -u tank/r/a", quota,
			"tank: available=0 quota=0 used=1\ntank/r: quota=1073741824 used=1073741000\ntank/r/a: quota=2147483648 used=0 refquota=0",
			"the quota of tank/r is 1.0 GiB, of which 824 B is left", "zfs set quota=none tank/r"},
		"a refquota of the replica": {"zfs receive -s -u tank/r/a", quota, "tank/r: quota=1073741824 used=5\ntank/r/a: refquota=1048576 referenced=1048000",
			"the refquota of tank/r/a is 1.0 MiB, of which 576 B is left", "zfs set refquota=none tank/r/a"},
		"a new place": {"zfs receive -s -u tank/r/b", quota, "tank: quota=0 used=5\ntank/r: filesystem_limit=4 filesystem_count=4",
			"the filesystem_limit of tank/r is 4, and so many there are", "zfs set filesystem_limit=none tank/r"},
		"the pool": {"zfs receive -s -u tank/r/a", receive, "tank: available=12288 quota=none\ntank/r/a: refquota=0 refreservation=none",
			"the pool tank on box has no room for it: 12 KiB is available", "zfs list -o space -r tank"},
		"a quota that has less than the pool": {"zfs create -u tank/r/b", "cannot create 'tank/r/b': out of space", "tank: available=12288000\ntank/r: quota=1048576 used=1048576",
			"the quota of tank/r is 1.0 MiB, of which 0 B is left", "zfs set quota=none tank/r"},
		"nobody tells": {"zfs receive -s -u tank/r/a", receive, "", "", ""},
	} {
		s, ok := ShortageOf(strings.Fields(c.command), c.stderr)
		if !ok {
			t.Errorf("%s: is none", name)
			continue
		}
		says, do, cure := s.Cause(told(c.state), "box")
		if !strings.Contains(says, c.says) || (says == "") != (c.says == "") || strings.Join(cure, " ") != c.cure || (do == "") != (says == "") {
			t.Errorf("%s: %s; %s: %s", name, says, do, cure)
		}
	}
	for _, other := range []string{"cannot rollback 'tank/a': dataset is busy", ""} {
		if _, ok := ShortageOf([]string{"zfs", "rollback", "tank/a@1"}, other); ok {
			t.Errorf("%q is one", other)
		}
	}
}

func TestSnapshotObstacles(t *testing.T) {
	got := SnapshotObstacles("motd of the day\ncannot create snapshot 'tank/v@x': out of space\ncannot create snapshot 'tank/a b@x': dataset already exists\nno snapshots were created\n")
	if len(got) != 2 || got["tank/v"] != "cannot create snapshot 'tank/v@x': out of space" || got["tank/a b"] == "" {
		t.Errorf("%v", got)
	}
	if got := SnapshotObstacles("cannot open 'tank/nope': dataset does not exist\nusage:\n"); len(got) != 1 || got["tank/nope"] == "" {
		t.Errorf("%v", got)
	}
	if got := SnapshotObstacles("cannot create snapshots : permission denied\n"); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
