package plan

// InvariantError is a plan that breaks a rule which no plan may break: a bug of the planner. Nothing of it may run.
type InvariantError struct {
	Action string
	Rule   string
	Plan   *Plan
}

func (e *InvariantError) Error() string {
	return "the planner made a plan that breaks a rule (this is a bug, nothing was touched): action " + e.Action + ": " + e.Rule
}

func check(*compiler, *Plan) error { return nil }
