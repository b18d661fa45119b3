// Package zfs is the vocabulary of OpenZFS: names of datasets and snapshots, GUIDs, the argument vectors of zfs
// commands, the parsers of their output, and what their error texts mean. It does no I/O: observing and executing
// run what is built here, the planner writes it into the plan.
//
// Facts come from the man pages and source of OpenZFS 2.3; where one matters, the comment names its file.
package zfs
