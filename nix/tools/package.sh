# Sourced by nix/check: does the package's source pass its tests where nix builds
# it? As in nix's sandbox, and as buildGoModule runs them: the vendored source and
# no other file, a user without a home, a network of nothing but loopback, no
# program beside those of stdenv, and /bin/sh.

# What stdenv brings along, as far as a test might call it.
stdenv='bash sh awk sed grep egrep find xargs diff cmp tar gzip make
  basename cat chmod cp cut date dd dirname echo env expr false head id install kill ln ls md5sum mkdir mkfifo mktemp mv
  printf pwd readlink realpath rm rmdir seq sha256sum sleep sort stat stty tail tee test timeout touch tr true truncate
  uname uniq wc yes'

package_tests() {
  command -v go >/dev/null || { echo 'skipped: there is no Go here' && return 0; }
  command -v ip >/dev/null || { echo 'there is no ip here: install iproute2' && return 1; }
  local build=$work/build cache said
  # Of its own user, and kept: compiling all of it anew takes a minute.
  cache=$(dirname "$ROOT")/go-build
  mkdir -p "$build/tmp" "$cache"
  package_source "$build/source" || return
  (cd "$build/source" && GOTOOLCHAIN=local GOFLAGS=-mod=mod go mod vendor) 2>&1 || return
  chown -R 1000:100 "$build" "$cache"
  said=$(BUILD=$build CACHE=$cache TOOLS=$stdenv GO=$(go env GOROOT) BOX=$(mktemp -d "$work/box.XXXXXX") \
    unshare --mount --propagation private --net --ipc --uts --pid --fork bash -ec '
      ip link set lo up
      mount -t tmpfs -o mode=755 tmpfs "$BOX"
      cd "$BOX"
      mkdir -p bin etc proc dev tmp build cache go usr tools
      mount -t proc proc proc
      mount --rbind /dev dev
      chmod 1777 tmp
      bind() { mount --bind "$1" "$2"; mount -o remount,bind,ro "$2"; }
      # Shared libraries, for what is not static as all of stdenv is not here.
      for lib in /lib /lib32 /lib64 /libx32; do
        if [ -L $lib ]; then cp -a $lib .; elif [ -d $lib ]; then mkdir -p .$lib; bind $lib .$lib; fi
      done
      mkdir usr/lib; bind /usr/lib usr/lib
      if [ -d /usr/lib64 ]; then mkdir usr/lib64; bind /usr/lib64 usr/lib64; fi
      for tool in $TOOLS; do
        file=$(PATH=/usr/bin:/bin type -P "$tool") && cp -L "$file" tools/
      done
      cp tools/sh bin/sh
      printf "root:x:0:0::/build:/noshell\nnixbld:x:1000:100::/build:/noshell\nnobody:x:65534:65534::/:/noshell\n" >etc/passwd
      printf "root:x:0:\nnixbld:!:100:\nnogroup:x:65534:\n" >etc/group
      printf "127.0.0.1 localhost\n::1 localhost\n" >etc/hosts
      bind "$GO" go
      mount --bind "$BUILD" build
      mount --bind "$CACHE" cache
      exec chroot --userspec=1000:100 . /tools/env -i HOME=/homeless-shelter PATH=/tools:/go/bin TMPDIR=/build/tmp \
        GOROOT=/go GOCACHE=/cache GOPATH=/build/tmp/go GOPROXY=off GOSUMDB=off GOTOOLCHAIN=local GOFLAGS="-mod=vendor -trimpath" CGO_ENABLED=0 \
        /tools/bash -ec "cd /build/source && go test -count=1 -short ./..."' 2>&1) ||
    { grep -v '^ok ' <<<"$said" | tail -n 60 && return 1; }
  grep -c '^ok ' <<<"$said" | sed 's/$/ packages/'
}
