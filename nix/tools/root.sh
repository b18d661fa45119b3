# Sourced by the scripts of this folder: Debian's nix (and systemd-analyze,
# logrotate, sudo, shellcheck, OpenZFS's units of the same age) in a root of its own,
# so that nothing has to be installed on the machine itself.
#
#   root_ensure        makes the root if there is none yet, sets ROOT
#   in_root CMD...     runs CMD in it, with the checkout at /src (read-only)
#
# The root is never written to once it is there: each in_root has it read-only,
# in a mount namespace of its own, with throw-away /tmp, /root, /run and /nix. The kernel undoes
# those mounts when the last process is gone, however it went.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../.." && pwd)

# What the root is made from: a change here makes another one.
root_recipe=(
  --variant=minbase
  '--components=main,contrib'
  '--include=nix-bin,git,systemd,logrotate,shellcheck,sudo,zfsutils-linux,mypy,pyflakes3'
  '--dpkgopt=path-exclude=/usr/share/doc/*'
  trixie
)

root_say() { printf '%s\n' "nix/$(basename "$0"): $*" >&2; }

root_ensure() {
  if [ "$(id -u)" != 0 ]; then
    root_say "needs root: it makes a small Debian system to run Debian's nix in. Run it with sudo, or use your own nix: nix flake check"
    return 1
  fi
  local cache key
  cache=${ZFSREP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/zfsrep}/nix
  key=$(printf '%s\n' "${root_recipe[@]}" | sha256sum | cut -c1-16)-$(uname -m)
  ROOT=$cache/$key
  export ROOT
  [ -d "$ROOT" ] && touch "$ROOT.used" && return 0
  mkdir -p "$cache"
  (
    # Two at once: the second one waits, and finds it done.
    exec 9>"$cache/lock"
    flock 9
    [ -d "$ROOT" ] && exit 0
    root_say "making Debian's nix in $ROOT (about a minute, once)"
    root_mmdebstrap || exit 1
    rm -rf "$cache"/tmp.*
    tmp=$(mktemp -d "$cache/tmp.XXXXXX")
    trap 'rm -rf "$tmp"' EXIT
    trap 'exit 1' HUP INT TERM
    unshare --mount --propagation private mmdebstrap --quiet "${root_recipe[@]}" \
      "$tmp/root" >"$tmp/log" 2>&1 || {
      cat "$tmp/log" >&2
      root_say "mmdebstrap failed, its words are above"
      exit 1
    }
    chmod 755 "$tmp/root"
    mkdir -p "$tmp/root/src" "$tmp/root/out" "$tmp/root/lib-nix" "$tmp/root/nix"
    # Of earlier recipes, what nobody has used for two weeks.
    find "$cache" -maxdepth 1 -name '*.used' -mtime +14 | while IFS= read -r used; do
      rm -rf "${used%.used}" "$used"
    done
    mv "$tmp/root" "$ROOT" && touch "$ROOT.used"
  )
}

root_mmdebstrap() {
  command -v mmdebstrap >/dev/null && return 0
  root_say "installing mmdebstrap"
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q mmdebstrap; } >&2 && return 0
  root_say "there is no mmdebstrap here and apt-get could not install it"
  return 1
}

# package_source DIR: a copy of what nix/package.nix builds the package from.
package_source() {
  local part parts
  parts=$(in_root nix-instantiate --eval --strict --json /src/nix/pure/source.nix | tr -d '[]"' | tr , '\n') || return
  for part in $parts; do
    mkdir -p "$(dirname "$1/$part")"
    cp -r "$checkout/$part" "$1/$part" || return
  done
}

# OUT, if set, is a folder that is writable at /out. Variables named in PASS are
# handed through.
in_root() {
  local pass=() name
  for name in ${PASS:-}; do pass+=("$name=${!name}"); done
  OUT=${OUT:-} CHECKOUT=$checkout NIXPKGS_LIB=${NIXPKGS_LIB:-} \
    unshare --mount --propagation private bash -ec '
      mount --bind "$ROOT" "$ROOT"
      mount -t proc proc "$ROOT/proc"
      mount --rbind /dev "$ROOT/dev"
      for d in tmp root nix run; do mount -t tmpfs -o mode=755 tmpfs "$ROOT/$d"; done
      chmod 1777 "$ROOT/tmp"
      mount --bind "$CHECKOUT" "$ROOT/src"
      mount -o remount,bind,ro "$ROOT/src"
      if [ -n "$OUT" ]; then mount --bind "$OUT" "$ROOT/out"; fi
      if [ -n "$NIXPKGS_LIB" ]; then
        mount --bind "$NIXPKGS_LIB" "$ROOT/lib-nix"
        mount -o remount,bind,ro "$ROOT/lib-nix"
      fi
      mount -o remount,bind,ro "$ROOT"
      exec chroot "$ROOT" env -i HOME=/root USER=root LC_ALL=C.UTF-8 \
        PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin NIX_CONFIG="extra-experimental-features = nix-command flakes
sandbox = false
build-users-group =
substituters =
warn-dirty = false" "$@"' in_root "${pass[@]}" "$@"
}
