// Command zfsrep replicates ZFS datasets as a plan says: options become JSON, JSON and what is observed become a plan,
// the plan is run. This package is its command line: one file a command, exit codes in exit.go, no logic of its own.
package main

import "os"

func main() { os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr)) }
