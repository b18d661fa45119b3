// Package proof runs the whole loop (observe, plan, execute) on simulated machines and holds it against the contract:
// first by example, then with thousands of random histories in which people, other tools and bad luck work on both
// machines between the runs. It holds tests only.
//
// ZFSREP_SOAK=100000 go test ./internal/proof -run TestHistories -timeout 4h runs that many histories.
package proof
