package compile

import (
	"fmt"
	"strings"

	"github.com/zfsrep/zfsrep/internal/retention"
)

// reasons collects why snapshots go, each reason once.
type reasons struct {
	order []string
	count map[string]int
}

func (r *reasons) add(v retention.Verdict) {
	if r.count == nil {
		r.count = map[string]int{}
	}
	w := v.Why()
	if r.count[w] == 0 {
		r.order = append(r.order, w)
	}
	r.count[w]++
}

func (r *reasons) String() string {
	if len(r.order) == 1 {
		return r.order[0]
	}
	all := make([]string, len(r.order))
	for i, w := range r.order {
		all[i] = fmt.Sprintf("%d %s", r.count[w], w)
	}
	return strings.Join(all, "; ")
}
