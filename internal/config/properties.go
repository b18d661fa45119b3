package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

func (r *reader) receive(d *draft) field {
	return func(n node) {
		r.object(n, fields{
			"properties": r.properties(d),
			"readonly":   r.bool(&d.Receive.Readonly),
		}, nil)
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
		n.inside = true // properties are no options
		n.ForEach(func(key, value gjson.Result) bool {
			r.property(d, key, n.member(key, value))
			return true
		})
	}
}

func (r *reader) property(d *draft, key gjson.Result, n node) {
	name := key.Str
	named := n
	named.at = key.Index
	if _, twice := d.properties[name]; twice {
		r.twice(n, key)
		return
	}
	d.properties[name] = n
	if p := checkPropertyName(name); p.message != "" {
		r.fail(named, p.message, p.hint)
		return
	}
	if !strings.Contains(name, ":") && !slices.Contains(settable, name) {
		hint := "zfs sets it only if it knows it: look it up in zfsprops(7)"
		if near := nearest(name, settable); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		r.warn(named, "is no property that zfsrep has heard of", hint)
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

// checkProperty refuses what would make a replica more than a replica: it never mounts, is never shared, and its
// encryption is decided by the stream or by the parent.
func checkProperty(name, value string) problem {
	const inactive = "a replica never carries an active mountpoint, which could hide what the target has there; set it by hand after a failover"
	if len(value) > mostPropertyValue || strings.Contains(value, "\x00") {
		return problem{"has a value that ZFS does not take", "up to 8191 bytes of text"}
	}
	switch name {
	case "mountpoint":
		if value != "none" && value != "legacy" {
			return problem{fmt.Sprintf("must be none or legacy, not %s", quote(value)), inactive}
		}
	case "canmount":
		if value != "off" && value != "noauto" {
			return problem{fmt.Sprintf("must be off or noauto, not %s", quote(value)), inactive}
		}
	case "sharenfs", "sharesmb":
		if value != "off" {
			return problem{fmt.Sprintf("must be off, not %s", quote(value)), "a replica is not shared; set it by hand after a failover"}
		}
	case "readonly":
		if value != "on" && value != "off" {
			return problem{fmt.Sprintf("must be on or off, not %s", quote(value)), "receive.readonly says the same"}
		}
	}
	return problem{}
}

// judgeReadonly holds receive.properties against receive.readonly.
func (r *reader) judgeReadonly(d *draft) {
	if value, given := d.Receive.Properties["readonly"]; given && (value == "on") != d.Receive.Readonly {
		r.fail(d.properties["readonly"], fmt.Sprintf("is %s, but receive.readonly is %t", quote(value), d.Receive.Readonly),
			"leave the property out: receive.readonly decides")
	}
}
