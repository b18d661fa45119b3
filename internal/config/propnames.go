package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	nativeProperty = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	userProperty   = regexp.MustCompile(`^[a-z0-9:._][a-z0-9:._-]*$`)
)

const (
	mostPropertyName  = 255
	mostPropertyValue = 8191
)

// settable are the native properties that make sense on a replica (zfsprops(7)). Others may come with later
// versions of ZFS.
var settable = strings.Fields(`aclinherit aclmode acltype atime canmount checksum compression context copies dedup
	defaultgroupobjquota defaultgroupquota defaultprojectobjquota defaultprojectquota defaultuserobjquota
	defaultuserquota defcontext devices direct dnodesize exec filesystem_limit fscontext logbias longname mlslabel
	mountpoint nbmand overlay prefetch primarycache quota readonly recordsize redundant_metadata refquota
	refreservation relatime reservation rootcontext secondarycache setuid sharenfs sharesmb snapdev snapdir
	snapshot_limit special_small_blocks sync volmode volthreading vscan xattr zoned`)

// fixed are the native properties that ZFS only reports, or takes from the stream that makes a dataset.
var fixed = strings.Fields(`available casesensitivity clones compressratio createtxg creation defer_destroy
	encryptionroot filesystem_count guid inconsistent ivsetguid keyguid keystatus logicalreferenced logicalused
	mounted name normalization objsetid origin receive_resume_token redact_snaps redacted refcompressratio
	referenced snapshot_count snapshots_changed type used usedbychildren usedbydataset usedbyrefreservation
	usedbysnapshots useraccounting userrefs utf8only version volblocksize volsize written`)

// keyed are the native properties of encryption, which a replica has from the stream or from its parent.
var keyed = strings.Fields(`encryption keyformat keylocation pbkdf2iters`)

// aliases are short names that receive does not know before OpenZFS 2.2.
var aliases = map[string]string{
	"compress": "compression", "rdonly": "readonly", "recsize": "recordsize", "refreserv": "refreservation",
	"reserv": "reservation", "volblock": "volblocksize",
}

// checkPropertyName judges a name alone, whatever it is set to.
func checkPropertyName(name string) problem {
	switch {
	case aliases[name] != "":
		return problem{"is an abbreviation", fmt.Sprintf("write %s", aliases[name])}
	case slices.Contains(fixed, name):
		return problem{"is not for setting: ZFS reports it, or takes it from the stream", "leave it out"}
	case slices.Contains(keyed, name):
		return problem{
			"cannot be set on a replica: a raw stream brings its own encryption, and what is sent plain inherits that of its parent",
			"send raw (send.raw), or put remotePool below an encrypted dataset of the target",
		}
	case len(name) > mostPropertyName:
		return problem{"has a name that is too long", "255 bytes at most"}
	case strings.ContainsAny(name, "@"):
		return problem{"cannot be set here: it belongs to one user or group", "set quotas on the replica by hand, or not at all"}
	case strings.Contains(name, ":") && !userProperty.MatchString(name):
		return problem{"is no name of a user property", "use lower case letters, digits and :-_. with a colon among them"}
	case !strings.Contains(name, ":") && !nativeProperty.MatchString(name):
		return problem{"is no name of a property", "native properties are in lower case, user properties have a colon: com.example:name"}
	}
	return problem{}
}
