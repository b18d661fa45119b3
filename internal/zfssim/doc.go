// Package zfssim is ZFS in memory: a machine with pools that answers zfs and zpool command lines as OpenZFS 2.3.9 does,
// with the same output, exit codes and error texts, so that the whole program can be run against it in a test.
//
// A [Machine] is made with [New], gets pools with [Machine.AddPool] and runs one command with [Machine.Exec]; [Machine.Host]
// makes it a host.Host. Everything it does is decided by its seed and its clock: two machines made alike and told alike
// are alike. It starts no goroutine but those of the processes of its host, and never sleeps.
//
// The cases under testdata/conformance hold it against real ZFS: they are plain lists of commands with what must come out,
// run here by the tests and on real machines by the VM suite.
//
// # The model
//
// Contents are files made of blocks; a block has an identity that survives replication, a size in bytes (a number: nothing
// of that size is allocated) and perhaps real bytes. A snapshot shares the blocks of its dataset. "Modified", "written",
// "used" and what an incremental stream carries all follow from comparing blocks. Streams are the package's own format,
// scaled down by [Options.StreamScale]; cutting one anywhere leaves what arrived before the cut.
package zfssim
