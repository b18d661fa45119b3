package zfs

import "strings"

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

// anywhere are the native properties that can be set on a replica and that every OpenZFS since 2.1 knows, on Linux and on
// FreeBSD. zfs get answers nothing when it is asked for one that it does not know (cmd/zfs/zfs_main.c, zfs_do_get).
var anywhere = set("aclinherit", "aclmode", "acltype", "atime", "canmount", "checksum", "compression", "copies", "dedup", "devices", "dnodesize",
	"exec", "filesystem_limit", "logbias", "mountpoint", "nbmand", "overlay", "primarycache", "quota", "readonly", "recordsize",
	"redundant_metadata", "refquota", "refreservation", "relatime", "reservation", "secondarycache", "setuid", "sharenfs", "sharesmb", "snapdev",
	"snapdir", "snapshot_limit", "special_small_blocks", "sync", "volmode", "vscan", "xattr")

// KnownAnywhere says that any OpenZFS can be asked for the property. User properties are known everywhere.
func KnownAnywhere(property string) bool {
	return strings.Contains(property, ":") || anywhere[property]
}
