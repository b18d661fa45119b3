package zfs

import "testing"

func TestPrinted(t *testing.T) {
	for _, c := range []struct{ property, value, printed string }{
		{"compression", "zstd-3", "zstd-3"}, {"compression", "gzip-6", ""}, {"recordsize", "1M", "1048576"}, {"recordsize", "128k", "131072"},
		{"quota", "none", "0"}, {"quota", "10GiB", "10737418240"}, {"quota", "1.5G", ""}, {"quota", "99999999999G", ""}, {"refreservation", "auto", ""},
		{"snapshot_limit", "none", "none"}, {"snapshot_limit", "30", "30"}, {"xattr", "sa", "sa"}, {"xattr", "on", ""}, {"atime", "off", "off"},
		{"com.example:size", "1M", "1M"}, {"quota", "", ""}, {"quota", "K", ""},
	} {
		printed, sure := Printed(c.property, c.value)
		if sure != (c.printed != "") || sure && printed != c.printed {
			t.Errorf("%s=%s is printed as %q, %t", c.property, c.value, printed, sure)
		}
	}
}
