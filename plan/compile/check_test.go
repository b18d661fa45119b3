package compile_test

import "github.com/zfsrep/zfsrep/plan/verify"

// check is the verifier of real runs.
var check = verify.Plan
