package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tidwall/gjson"
)

var (
	nativeProperty = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	userProperty   = regexp.MustCompile(`^[a-z0-9:._][a-z0-9:._-]*$`)
)

const (
	mostPropertyName  = 255
	mostPropertyValue = 8191
)

func (r *reader) receive(d *draft) field {
	return func(n node) {
		r.object(n, fields{
			"properties": r.properties(d),
			"readonly":   r.bool(&d.Receive.Readonly),
		})
	}
}

// properties reads what is set on the replica, by name.
func (r *reader) properties(d *draft) field {
	return func(n node) {
		if !n.IsObject() {
			r.wrongType(n, "an object", `write properties by name: {"compression": "zstd"}`)
			return
		}
		d.properties = map[string]node{}
		n.leaf().ForEach(func(key, value gjson.Result) bool {
			r.property(d, key, n.leaf().member(key, value))
			return true
		})
	}
}

func (r *reader) property(d *draft, key gjson.Result, n node) {
	name := key.Str
	named := n
	named.at = key.Index
	if _, twice := d.properties[name]; twice {
		r.fail(named, "is given twice in the same object", "keep one of them")
		return
	}
	d.properties[name] = n
	if p := checkPropertyName(name); p.message != "" {
		r.fail(named, p.message, p.hint)
		return
	}
	r.string(new(string), func(value string) problem {
		p := checkProperty(name, value)
		if p.message == "" {
			if d.Receive.Properties == nil {
				d.Receive.Properties = map[string]string{}
			}
			d.Receive.Properties[name] = value
		}
		return p
	})(n)
}

func checkPropertyName(name string) problem {
	switch {
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

// checkProperty refuses what would make a replica more than a replica: it never mounts, is never shared, and its
// encryption is decided by the stream or by the parent.
func checkProperty(name, value string) problem {
	const inactive = "a replica never carries an active mountpoint, or it could hide or replace what the target has there; set it by hand after a failover"
	if len(value) > mostPropertyValue || strings.Contains(value, "\x00") {
		return problem{"has a value that ZFS does not take", "up to 8191 bytes of text"}
	}
	switch name {
	case "mountpoint":
		if value != "none" && value != "legacy" {
			return problem{fmt.Sprintf("cannot be %s: none or legacy", quote(value)), inactive}
		}
	case "canmount":
		if value != "off" && value != "noauto" {
			return problem{fmt.Sprintf("cannot be %s: off or noauto", quote(value)), inactive}
		}
	case "sharenfs", "sharesmb":
		if value != "off" {
			return problem{fmt.Sprintf("cannot be %s: off", quote(value)), "a replica is not shared; set it by hand after a failover"}
		}
	case "readonly":
		if value != "on" && value != "off" {
			return problem{fmt.Sprintf("cannot be %s: on or off", quote(value)), "receive.readonly says the same"}
		}
	case "encryption", "keyformat", "keylocation", "pbkdf2iters":
		return problem{"cannot be set on a replica: a raw stream brings its own encryption, and what is sent plain inherits that of its parent",
			"send raw (send.raw), or put remotePool below an encrypted dataset of the target"}
	}
	if fixedProperties[name] {
		return problem{"is not for setting: ZFS reports it, or fixes it when a dataset is made", "leave it out"}
	}
	return problem{}
}

// fixedProperties are read-only, or decided by the stream.
var fixedProperties = func() map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(`available casesensitivity clones compressratio createtxg creation defer_destroy
		encryptionroot filesystem_count guid keystatus logicalreferenced logicalused mounted name normalization
		objsetid origin receive_resume_token redact_snaps refcompressratio referenced snapshot_count snapshots_changed type used
		usedbychildren usedbydataset usedbyrefreservation usedbysnapshots userrefs utf8only version volblocksize
		volsize written`) {
		all[name] = true
	}
	return all
}()

// judgeReadonly holds receive.properties against receive.readonly.
func (r *reader) judgeReadonly(d *draft) {
	if value, given := d.Receive.Properties["readonly"]; given && (value == "on") != d.Receive.Readonly {
		r.fail(d.properties["readonly"], fmt.Sprintf("is %s, but receive.readonly is %t", quote(value), d.Receive.Readonly),
			"leave the property out: receive.readonly decides")
	}
}
