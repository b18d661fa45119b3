package zfs

import (
	"strconv"
	"strings"
)

// sizes are the native properties that zfs get -p prints as a number of bytes or of things.
var sizes = set("filesystem_limit", "quota", "recordsize", "refquota", "refreservation", "reservation", "snapshot_limit", "special_small_blocks")

// aliases are values that zfs get prints under another name, or under different ones depending on its version
// (module/zcommon/zfs_prop.c: of those in a table that mean the same the first one is printed).
var aliases = map[string]map[string]bool{
	"acltype": set("disabled", "noacl", "posixacl"), "compression": set("gzip-6", "zstd-fast-1"), "volmode": set("geom"), "xattr": set("dir", "on"),
}

// Printed is what zfs get -p prints of a property once it was set to a value, as people write it. sure is false where that
// cannot be told.
func Printed(property, value string) (printed string, sure bool) {
	switch {
	case strings.Contains(property, ":"):
		return value, true
	case !sizes[property]:
		return value, !aliases[property][value]
	case value == "none" && strings.HasSuffix(property, "_limit"):
		return "none", true
	case value == "none":
		return "0", true
	}
	return bytesOf(value)
}

// bytesOf reads a size: 128K, 10G, 1048576 (lib/libzfs/libzfs_util.c, zfs_nicestrtonum). Fractions are left alone.
func bytesOf(text string) (number string, ok bool) {
	digits := strings.TrimRight(text, "BbIi")
	shift := 0
	if n := len(digits); n > 0 {
		if at := strings.IndexByte("KMGTPE", strings.ToUpper(digits)[n-1]); at >= 0 {
			digits, shift = digits[:n-1], 10*(at+1)
		}
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n<<shift>>shift != n {
		return "", false
	}
	return strconv.FormatUint(n<<shift, 10), true
}
