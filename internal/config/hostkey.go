package config

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// keyTypes are the host keys that Go's ssh takes.
var keyTypes = []string{
	"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
	"sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
}

const hostKeyHint = `copy the line from /etc/ssh/ssh_host_ed25519_key.pub on the target: "ssh-ed25519 AAAA..."`

// checkHostKey accepts "type base64 [comment]", with or without a host before it; several of them one a line and
// comment lines are fine too, as ssh-keyscan prints them. Whether it is a sound key is judged where it is used.
func checkHostKey(s string) problem {
	if p := checkNoKey(s); p.message != "" {
		p.hint = "give the public key, and make a new one: others may have read this one here"
		return p
	}
	keys := 0
	for line := range strings.Lines(s) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if p := checkKeyLine(words); p.message != "" {
			return p
		}
		keys++
	}
	if keys == 0 {
		return problem{"holds no key", hostKeyHint}
	}
	return problem{}
}

func checkKeyLine(words []string) problem {
	switch first := words[0]; {
	case strings.HasPrefix(first, "@"):
		return problem{fmt.Sprintf("begins with the marker %s, which only known_hosts files may have", quote(first)), "leave hostKeys empty to let those decide"}
	case strings.HasPrefix(first, "SHA256:"), strings.HasPrefix(first, "MD5:"):
		return problem{"is the fingerprint of a key, not the key", hostKeyHint}
	case strings.HasPrefix(first, "/"), strings.HasPrefix(first, "~"):
		return problem{fmt.Sprintf("%s is a path, not a public key", quote(first)), hostKeyHint}
	}
	for i, kind := range words[:min(2, len(words))] {
		switch {
		case !slices.Contains(keyTypes, kind):
		case i+1 == len(words):
			return problem{"has no key after " + kind, hostKeyHint}
		default:
			return checkKeyBody(kind, words[i+1])
		}
	}
	return problem{
		fmt.Sprintf("%s is no public key of a type known here", quote(strings.Join(words, " "))),
		"known: " + strings.Join(keyTypes, ", "),
	}
}

// checkKeyBody decodes a key: its first part, after four bytes of length, repeats the type.
func checkKeyBody(kind, body string) problem {
	data, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return problem{fmt.Sprintf("has a key that is not base64: %s", quote(body)), hostKeyHint}
	}
	const header = 4
	if len(data) > header {
		if n := int64(binary.BigEndian.Uint32(data)); n < int64(len(data)-header) && string(data[header:header+n]) == kind {
			return problem{}
		}
	}
	return problem{fmt.Sprintf("says %s, but its key is of another type or cut off", kind), "copy the whole line again"}
}
