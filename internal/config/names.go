package config

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"strings"
)

// keyMaterial begins every private key file that ssh-keygen has ever written.
const keyMaterial = "-----BEGIN"

var (
	hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$`)
	userName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$`)
	hostPort = regexp.MustCompile(`^([^:]*|\[.*\]):\d+$`)
)

// checkHost accepts a host name or an address, and nothing around it.
func checkHost(s string) problem {
	p := problem{message: fmt.Sprintf("%s is no host name and no address", quote(s))}
	switch {
	case s == "":
		return problem{"is empty", "null means that the target is on this machine"}
	case strings.Contains(s, "://"):
		p.hint = "write the bare host name or address"
	case strings.Contains(s, "@"):
		user, host, _ := strings.Cut(s, "@")
		p.hint = fmt.Sprintf("write %s, and %s in remoteUser", quote(host), quote(user))
	case hostPort.MatchString(s):
		i := strings.LastIndexByte(s, ':')
		p.hint = fmt.Sprintf("write %s, and %s in remotePort", quote(strings.Trim(s[:i], "[]")), s[i+1:])
	case strings.HasPrefix(s, "["):
		p.hint = fmt.Sprintf("write the address without brackets: %s", quote(strings.Trim(s, "[]")))
	case len(s) <= 253 && hostName.MatchString(s):
		return problem{}
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return problem{}
	}
	return p
}

func checkUser(s string) problem {
	if !userName.MatchString(s) || len(s) > 255 {
		return problem{fmt.Sprintf("%s is no user name", quote(s)), "the account on the target, such as root or box"}
	}
	return problem{}
}

func checkNoKey(s string) problem {
	if strings.Contains(s, keyMaterial) {
		return problem{"holds a private key itself", "give the path of the key file: this file is no place for secrets (it may be world-readable). Consider the key known to others"}
	}
	return problem{}
}

func checkAbsolute(s string) problem {
	p := problem{message: fmt.Sprintf("%s is no absolute path", quote(s)), hint: "write it from the root: /..."}
	switch {
	case s == "":
		return problem{"is empty", "null means none"}
	case strings.HasPrefix(s, "~"):
		p.hint = "~ is the shell's: write /root/... or /home/NAME/..."
	case !path.IsAbs(s):
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		p = problem{fmt.Sprintf("%s holds a control character", quote(s)), "write the path on one line"}
	case strings.HasSuffix(s, "/"):
		p = problem{fmt.Sprintf("%s is a directory", quote(s)), "name the file in it"}
	default:
		return problem{}
	}
	return p
}

// keyTypes are the host keys that Go's ssh takes.
var keyTypes = []string{
	"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
	"sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
}

const hostKeyHint = `write it as ssh-keyscan or the target's /etc/ssh/ssh_host_ed25519_key.pub shows it: "ssh-ed25519 AAAA..."`

// checkHostKey accepts "type base64 [comment]" and "host type base64 [comment]".
func checkHostKey(s string) problem {
	if p := checkNoKey(s); p.message != "" {
		p.hint = "give the public key. Consider the private one known to others"
		return p
	}
	words := strings.Fields(s)
	switch {
	case strings.ContainsAny(s, "\r\n"):
		return problem{"holds more than one line", "give every key as an element of its own"}
	case len(words) > 0 && strings.HasPrefix(words[0], "@"):
		return problem{fmt.Sprintf("begins with the marker %s, which is not supported here", quote(words[0])), "known_hosts files may have it; leave hostKeys empty to use them"}
	case strings.HasPrefix(s, "SHA256:") || strings.HasPrefix(s, "MD5:"):
		return problem{"is the fingerprint of a key, not the key", hostKeyHint}
	}
	for i := 0; i < 2 && i+1 < len(words); i++ {
		if near := nearest(words[i], keyTypes); near != "" || strings.HasPrefix(words[i+1], "AAAA") {
			return checkKeyBody(words[i], words[i+1], near)
		}
	}
	return problem{fmt.Sprintf("%s is no public key", quote(s)), hostKeyHint}
}

// checkKeyBody decodes a key: its first field repeats the type.
func checkKeyBody(kind, body, near string) problem {
	if near != kind {
		p := problem{fmt.Sprintf("has the key type %s, which is not supported", quote(kind)), "supported: " + strings.Join(keyTypes, ", ")}
		if near != "" {
			p.hint = fmt.Sprintf("did you mean %s?", near)
		}
		return p
	}
	data, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return problem{fmt.Sprintf("has a key that is not base64: %s", quote(body)), "copy the whole line again. " + hostKeyHint}
	}
	const header = 4
	if len(data) > header {
		if n := int64(binary.BigEndian.Uint32(data)); n < int64(len(data)-header) {
			if inner := string(data[header : header+n]); inner == kind {
				return problem{}
			}
		}
	}
	return problem{fmt.Sprintf("says %s, but its key is of another type or cut off", kind), "copy the whole line again"}
}
