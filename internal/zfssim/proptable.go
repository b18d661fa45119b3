package zfssim

import "strings"

// Classes of properties: who may set them and whether children inherit them.
type propClass int

const (
	classInherit propClass = iota
	classDefault           // settable, not inherited
	classReadonly
	classOnce    // at creation only
	classKeyOnce // an encryption parameter: at creation, not inherited, has a default
)

// valueType is how values are written.
type valueType int

const (
	typeString valueType = iota
	typeNumber
	typeIndex // one of a few words
)

// propDef describes one property.
type propDef struct {
	name   string
	class  propClass
	typ    valueType
	kinds  kind
	def    string // default, as `-p` prints it
	values string // the allowed words, for an index
	hidden bool   // not part of "all"
	id     bool   // an identifier: printed exactly even without -p
}

const (
	fs   = kindFilesystem
	vol  = kindVolume
	snap = kindSnapshot
	mark = kindBookmark
	head = kindHead
	data = kindDataset
)

const noLimit = "18446744073709551615"

// propTable is every property, in the order `zfs get all` prints them.
var propTable = []propDef{
	{"type", classReadonly, typeString, data | mark, "", "", false, false},
	{"creation", classReadonly, typeNumber, data | mark, "", "", false, false},
	{"used", classReadonly, typeNumber, data, "", "", false, false},
	{"available", classReadonly, typeNumber, head, "", "", false, false},
	{"referenced", classReadonly, typeNumber, data | mark, "", "", false, false},
	{"compressratio", classReadonly, typeNumber, data | mark, "", "", false, false},
	{"mounted", classReadonly, typeIndex, fs, "", "", false, false},
	{"origin", classReadonly, typeString, head, "", "", false, false},
	{"quota", classDefault, typeNumber, fs, "0", "", false, false},
	{"reservation", classDefault, typeNumber, head, "0", "", false, false},
	{"volsize", classDefault, typeNumber, snap | vol, "0", "", false, false},
	{"volblocksize", classOnce, typeNumber, vol, "16384", "", false, false},
	{"recordsize", classInherit, typeNumber, fs, "131072", "", false, false},
	{"mountpoint", classInherit, typeString, fs, "/", "", false, false},
	{"sharenfs", classInherit, typeString, fs, "off", "", false, false},
	{"checksum", classInherit, typeIndex, head, "on", "on | off | fletcher2 | fletcher4 | sha256 | sha512 | skein | edonr | blake3", false, false},
	{"compression", classInherit, typeIndex, head, "on", compressionValues, false, false},
	{"atime", classInherit, typeIndex, fs, "on", onOff, false, false},
	{"devices", classInherit, typeIndex, fs | snap, "on", onOff, false, false},
	{"exec", classInherit, typeIndex, fs | snap, "on", onOff, false, false},
	{"setuid", classInherit, typeIndex, fs | snap, "on", onOff, false, false},
	{"readonly", classInherit, typeIndex, head, "off", onOff, false, false},
	{"zoned", classInherit, typeIndex, fs, "off", onOff, false, false},
	{"snapdir", classInherit, typeIndex, fs, "hidden", "disabled | hidden | visible", false, false},
	{"aclmode", classInherit, typeIndex, fs, "discard", "discard | groupmask | passthrough | restricted", false, false},
	{"aclinherit", classInherit, typeIndex, fs, "restricted", "discard | noallow | restricted | passthrough | passthrough-x", false, false},
	{"createtxg", classReadonly, typeNumber, data | mark, "", "", false, true},
	{"canmount", classDefault, typeIndex, fs, "on", "on | off | noauto", false, false},
	{"xattr", classInherit, typeIndex, fs | snap, "on", "on | off | dir | sa", false, false},
	{"copies", classInherit, typeIndex, head, "1", "1 | 2 | 3", false, false},
	{"version", classDefault, typeIndex, fs | snap, "5", "1 | 2 | 3 | 4 | 5 | current", false, false},
	{"utf8only", classOnce, typeIndex, fs | snap, "off", onOff, false, false},
	{"normalization", classOnce, typeIndex, fs | snap, "none", "none | formC | formD | formKC | formKD", false, false},
	{"casesensitivity", classOnce, typeIndex, fs | snap, "sensitive", "sensitive | insensitive | mixed", false, false},
	{"vscan", classInherit, typeIndex, fs, "off", onOff, false, false},
	{"nbmand", classInherit, typeIndex, fs | snap, "off", onOff, false, false},
	{"sharesmb", classInherit, typeString, fs, "off", "", false, false},
	{"refquota", classDefault, typeNumber, fs, "0", "", false, false},
	{"refreservation", classDefault, typeNumber, head, "0", "", false, false},
	{"guid", classReadonly, typeNumber, data | mark, "", "", false, true},
	{"primarycache", classInherit, typeIndex, data, "all", "all | none | metadata", false, false},
	{"secondarycache", classInherit, typeIndex, data, "all", "all | none | metadata", false, false},
	{"usedbysnapshots", classReadonly, typeNumber, head, "", "", false, false},
	{"usedbydataset", classReadonly, typeNumber, head, "", "", false, false},
	{"usedbychildren", classReadonly, typeNumber, head, "", "", false, false},
	{"usedbyrefreservation", classReadonly, typeNumber, head, "", "", false, false},
	{"defer_destroy", classReadonly, typeIndex, snap, "", "", false, false},
	{"userrefs", classReadonly, typeNumber, snap, "", "", false, false},
	{"logbias", classInherit, typeIndex, head, "latency", "latency | throughput", false, false},
	{"objsetid", classReadonly, typeNumber, data, "", "", false, true},
	{"dedup", classInherit, typeIndex, head, "off", "on | off | verify | sha256[,verify] | sha512[,verify] | skein[,verify] | edonr,verify | blake3[,verify]", false, false},
	{"mlslabel", classInherit, typeString, data, "none", "", false, false},
	{"sync", classInherit, typeIndex, head, "standard", "standard | always | disabled", false, false},
	{"dnodesize", classInherit, typeIndex, fs, "legacy", "legacy | auto | 1k | 2k | 4k | 8k | 16k", false, false},
	{"refcompressratio", classReadonly, typeNumber, data, "", "", false, false},
	{"written", classReadonly, typeNumber, data, "", "", false, false},
	{"logicalused", classReadonly, typeNumber, head, "", "", false, false},
	{"logicalreferenced", classReadonly, typeNumber, data | mark, "", "", false, false},
	{"volmode", classInherit, typeIndex, head, "default", "default | full | geom | dev | none", false, false},
	{"filesystem_limit", classDefault, typeNumber, fs, noLimit, "", false, false},
	{"snapshot_limit", classDefault, typeNumber, head, noLimit, "", false, false},
	{"filesystem_count", classReadonly, typeNumber, fs, "", "", false, false},
	{"snapshot_count", classReadonly, typeNumber, head, "", "", false, false},
	{"snapdev", classInherit, typeIndex, head, "hidden", "hidden | visible", false, false},
	{"acltype", classInherit, typeIndex, fs | snap, "off", "off | nfsv4 | posix", false, false},
	{"context", classDefault, typeString, data, "none", "", false, false},
	{"fscontext", classDefault, typeString, data, "none", "", false, false},
	{"defcontext", classDefault, typeString, data, "none", "", false, false},
	{"rootcontext", classDefault, typeString, data, "none", "", false, false},
	{"relatime", classInherit, typeIndex, fs, "on", onOff, false, false},
	{"redundant_metadata", classInherit, typeIndex, head, "all", "all | most | some | none", false, false},
	{"overlay", classInherit, typeIndex, fs, "on", onOff, false, false},
	{"encryption", classOnce, typeIndex, data, "off", encryptionValues, false, false},
	{"keylocation", classDefault, typeString, head, "none", "", false, false},
	{"keyformat", classKeyOnce, typeIndex, head, "none", "none | raw | hex | passphrase", false, false},
	{"pbkdf2iters", classKeyOnce, typeNumber, head, "0", "", false, true},
	{"encryptionroot", classReadonly, typeString, data, "", "", false, false},
	{"keystatus", classReadonly, typeIndex, data, "", "", false, false},
	{"clones", classReadonly, typeString, snap, "", "", false, false},
	{"special_small_blocks", classInherit, typeNumber, fs, "0", "", false, false},
	{"receive_resume_token", classReadonly, typeString, head, "", "", false, false},
	{"redact_snaps", classReadonly, typeString, data | mark, "", "", false, false},
	{"snapshots_changed", classReadonly, typeNumber, head, "", "", false, false},
	{"prefetch", classInherit, typeIndex, data, "all", "none | metadata | all", false, false},
	{"direct", classInherit, typeIndex, fs, "standard", "disabled | standard | always", false, false},
	{"longname", classInherit, typeIndex, fs, "off", onOff, false, false},
	{"volthreading", classDefault, typeIndex, vol, "on", onOff, false, false},
	{"name", classReadonly, typeString, data | mark, "", "", true, false},
	{"numclones", classReadonly, typeNumber, snap, "", "", true, false},
	{"inconsistent", classReadonly, typeNumber, data, "", "", true, false},
	{"ivsetguid", classReadonly, typeNumber, data | mark, "", "", true, true},
	{"keyguid", classReadonly, typeNumber, data, "", "", true, true},
	{"prevsnap", classReadonly, typeString, head, "", "", true, false},
	{"redacted", classReadonly, typeNumber, data, "", "", true, false},
	{"unique", classReadonly, typeNumber, data, "", "", true, false},
	{"pbkdf2salt", classKeyOnce, typeNumber, head, "0", "", true, false},
}

const (
	onOff             = "on | off"
	compressionValues = "on | off | lzjb | gzip | gzip-[1-9] | zle | lz4 | zstd | zstd-[1-19] | " +
		"zstd-fast | zstd-fast-[1-10,20,30,40,50,60,70,80,90,100,500,1000]"
	encryptionValues = "on | off | aes-128-ccm | aes-192-ccm | aes-256-ccm | aes-128-gcm | aes-192-gcm | aes-256-gcm"
)

// aliases are the short names the zfs command accepts.
var aliases = map[string]string{
	"avail": "available", "refer": "referenced", "ratio": "compressratio", "refratio": "refcompressratio",
	"compress": "compression", "rdonly": "readonly", "recsize": "recordsize", "volblock": "volblocksize",
	"reserv": "reservation", "refreserv": "refreservation", "usedsnap": "usedbysnapshots", "usedds": "usedbydataset",
	"usedchild": "usedbychildren", "usedrefreserv": "usedbyrefreservation", "lused": "logicalused",
	"lrefer": "logicalreferenced", "fscount": "filesystem_count", "sscount": "snapshot_count", "fslimit": "filesystem_limit",
	"sslimit": "snapshot_limit", "case": "casesensitivity", "dnsize": "dnodesize", "encroot": "encryptionroot",
	"resumetok": "receive_resume_token",
}

var propIndex = func() map[string]*propDef {
	m := make(map[string]*propDef, len(propTable)+len(aliases))
	for i := range propTable {
		m[propTable[i].name] = &propTable[i]
	}
	for a, n := range aliases {
		m[a] = m[n]
	}
	return m
}()

// findProp returns a native property by name or short name, nil for anything else.
func findProp(name string) *propDef { return propIndex[name] }

// isUserProp reports whether a name can be a user property's.
func isUserProp(name string) bool {
	colon := false
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-_.:+", c) >= 0) {
			return false
		}
		colon = colon || c == ':'
	}
	return colon
}

// isWritten reports whether a name asks for what was written since a snapshot or bookmark.
func isWritten(name string) bool {
	return strings.HasPrefix(name, "written@") || strings.HasPrefix(name, "written#")
}

func (p *propDef) inheritable() bool { return p.class == classInherit || p.class == classOnce }

// settableLater reports whether `zfs set` may change it on a dataset that exists.
func (p *propDef) settableLater() bool { return p.class == classInherit || p.class == classDefault }

// encryptionParam reports whether it is one of the properties that describe a key.
func (p *propDef) encryptionParam() bool {
	switch p.name {
	case "keyformat", "keylocation", "pbkdf2iters", "pbkdf2salt":
		return true
	}
	return false
}
