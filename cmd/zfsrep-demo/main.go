// Command zfsrep-demo shows what zfsrep does, on two machines that exist only in memory: the first replication, an
// increment, a replica that somebody meddled with, and the comparison in the end. The planner, the executor and the
// reports are those of zfsrep; only the command line around them is left out, because zfsrep, which runs as root on
// people's backups, holds no simulator.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/zfsrep/zfsrep/internal/report"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, time.Now)) }

// run is main without the process around it. Its exit codes are those of zfsrep.
func run(args []string, stdout, stderr io.Writer, now func() time.Time) int {
	if len(args) > 0 {
		fmt.Fprintln(stderr, "zfsrep-demo takes no arguments: it plays five nights of zfsrep on a simulated pair of machines, and touches nothing of this one")
		return exitUsage
	}
	if err := play(context.Background(), stdout, now); err != nil {
		fmt.Fprintf(stderr, "zfsrep-demo: error: %s\n", report.Explain(err))
		return exitFailed
	}
	return exitOK
}
