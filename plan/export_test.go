package plan

import (
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
)

// CheckChanged makes a plan, lets somebody change it, and checks the result.
func CheckChanged(cfg *config.Config, inv *observe.Inventory, now time.Time, change func(*Plan)) error {
	c, p, err := compile(cfg, inv, now)
	if err != nil {
		return err
	}
	change(p)
	return check(c, p)
}
