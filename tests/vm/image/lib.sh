# Shared by the build scripts: where results are kept, and how one is put there whole or not at all.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${ZFSREP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/zfsrep}/vm
suite=trixie

say() { printf '%s\n' "tests/vm: $*" >&2; }
die() { say "$*"; exit 1; }

# Hash of the content of the given files (relative to image/), and of a word that ties one stage to the one before.
key_of() { (cd "$here" && { printf '%s\n' "$1"; shift; find "$@" -type f -print0 | sort -z | xargs -0 sha256sum; }) | sha256sum | cut -c1-16; }

# once NAME BUILD...: print the folder NAME of the cache, running `BUILD... TMPDIR` first if it is not there.
# The folder gets its name only when it is complete, so an interrupted build leaves nothing that looks finished.
once() {
  local name=$1
  shift
  mkdir -p "$cache"
  exec 9>"$cache/.lock-$name"
  flock 9
  if [ ! -d "$cache/$name" ]; then
    tmp=$(mktemp -d "$cache/.tmp-$name.XXXXXX")
    chmod 755 "$tmp"
    trap 'rm -rf "$tmp"' EXIT
    "$@" "$tmp" >&2
    mv -T "$tmp" "$cache/$name"
    trap - EXIT
  fi
  exec 9>&-
  printf '%s\n' "$cache/$name"
}

need() { command -v "$1" >/dev/null || die "$1 is missing: install the package $2"; }
