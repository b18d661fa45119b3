// Package verify is on its way.
package verify

import (
	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/plan"
)

// Plan finds nothing yet.
func Plan(*config.Config, *observe.Inventory, *plan.Plan) []plan.Violation { return nil }

// Snapshots finds nothing yet.
func Snapshots(*config.Config, *observe.Inventory, *plan.Plan) []plan.Violation { return nil }

// Stale finds nothing yet.
func Stale(*config.Config, *observe.Inventory, *plan.Plan) []string { return nil }
