package zfs

import (
	"fmt"
	"strconv"
	"strings"
)

// Token is what a resume token stands for, as the machine that would send says. It comes from the receiver, so
// nothing in it may be believed before it was compared with the source's own listing (openzfs/zfs#14153).
type Token struct {
	ToName   string // dataset@snapshot at the time the transfer began
	ToGUID   GUID
	FromGUID GUID  // 0: a full send
	Bytes    int64 // already received
	Raw      bool
}

// ParseToken reads what zfs send -nvt prints: an indented "key = value" list, numbers in hexadecimal
// (lib/libzfs/libzfs_sendrecv.c, nvlist_print of the token).
func ParseToken(out string) (Token, error) {
	var t Token
	seen := map[string]bool{}
	for line := range strings.Lines(out) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok {
			continue
		}
		seen[key] = true
		switch key {
		case "toname":
			t.ToName = value
		case "toguid":
			t.ToGUID = GUID(hex(value))
		case "fromguid":
			t.FromGUID = GUID(hex(value))
		case "bytes":
			t.Bytes = int64(hex(value))
		case "rawok":
			t.Raw = value != "0"
		}
	}
	if !seen["toname"] || !seen["toguid"] || t.ToGUID == 0 {
		return t, fmt.Errorf("cannot read what the resume token stands for: %q", strings.TrimSpace(out))
	}
	return t, nil
}

func hex(s string) uint64 {
	n, _ := strconv.ParseUint(s, 0, 64)
	return n
}
