package compile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// list says the first few of many names.
func list(names []string) string {
	const most = 5
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

func bytesWords(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

func atoi(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
