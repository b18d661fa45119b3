package zfs

// filesystemOnly and volumeOnly are the native properties that zfs refuses to set on the other type:
// "property 'canmount' does not apply to datasets of this type" (module/zcommon/zfs_prop.c).
var (
	filesystemOnly = set("aclinherit", "aclmode", "acltype", "atime", "canmount", "casesensitivity", "defaultuserquota", "devices",
		"direct", "dnodesize", "exec", "filesystem_limit", "mountpoint", "nbmand", "normalization", "overlay", "quota", "recordsize",
		"refquota", "relatime", "setuid", "sharenfs", "sharesmb", "snapdir", "special_small_blocks", "utf8only", "vscan", "xattr", "zoned", "version")
	volumeOnly = set("volsize", "volblocksize", "volmode", "volthreading", "snapdev")
)

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// Applies says that the property can be set on a dataset of that type. User properties always can.
func Applies(property string, volume bool) bool {
	if volume {
		return !filesystemOnly[property]
	}
	return !volumeOnly[property]
}
