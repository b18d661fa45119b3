package config

import (
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
	numbers  = regexp.MustCompile(`^[0-9.]+$`) // an address, or a slip in one
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
	case len(s) <= 253 && hostName.MatchString(s) && !numbers.MatchString(s), isAddress(s):
		return problem{}
	}
	return p
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

func checkUser(s string) problem {
	if !userName.MatchString(s) || len(s) > 255 {
		return problem{fmt.Sprintf("%s is no user name", quote(s)), "the account on the target, such as root or box"}
	}
	return problem{}
}

func checkNoKey(s string) problem {
	if strings.Contains(s, keyMaterial) {
		return problem{"holds a private key itself", "give the path of the key file, and make a new key: others may have read this one here"}
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
