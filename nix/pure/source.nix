# What the package is built from: the Go side and what its tests read, so that an
# edit of a page or of this folder builds nothing anew. The tests are part of it:
# their imports are vendored, and they run while it is built.
[
  "go.mod"
  "go.sum"
  "cmd"
  "exec"
  "internal"
  "plan"
  "docs/situations.md"
]
