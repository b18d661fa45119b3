// Package house is a set of tests that hold the code to docs/architecture.md. It has no code of its own.
package house
