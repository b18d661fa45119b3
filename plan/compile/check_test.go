package compile_test

import (
	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/plan"
)

func check(*config.Config, *observe.Inventory, *plan.Plan) []plan.Violation { return nil }
