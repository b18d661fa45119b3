# Sourced by nix/check: is every file as it should be?

# What nix/package.nix has the program write, and how it finds the version.
installed() {
  need_zfsrep || return 0
  "$zfsrep" --version | grep -q '[0-9]\|dev' || { echo 'zfsrep --version says no version' && return 1; }
  "$zfsrep" man | grep -q '^\.TH ZFSREP 8' || { echo 'zfsrep man writes no page' && return 1; }
  "$zfsrep" completion bash | bash -n || return
  [ -n "$("$zfsrep" completion zsh)" ] && [ -n "$("$zfsrep" completion fish)" ]
}

parse() {
  local files
  files=$(cd "$checkout" && find nix tests/vm -name '*.nix' -type f | sed 's|^|/src/|')
  # shellcheck disable=SC2086 # one word a file
  in_root nix-instantiate --parse $files >/dev/null && wc -w <<<"$files" | sed 's/$/ files/'
}

scripts() {
  in_root shellcheck -x -P /src/nix/tools --severity=style --exclude=SC1091,SC2016,SC2154 \
    /src/nix/check /src/nix/render /src/nix/vendor-hash -s bash /src/nix/tools/root.sh /src/nix/tools/checks.sh /src/nix/tools/files.sh /src/nix/tools/package.sh
}

guards() {
  cd "$checkout" || return
  [ "$(readlink flake.nix)" = nix/flake.nix ] || { echo 'flake.nix has to be a symlink to nix/flake.nix' && return 1; }
  if [ -L flake.lock ] || [ ! -f flake.lock ]; then echo 'flake.lock has to be a plain file: nix refuses a symlink' && return 1; fi
  [ ! -e nix/flake.lock ] || { echo 'nix/flake.lock has to go: name the flake by the root, not by nix/' && return 1; }
  ! grep -nE 'src *= *(self|\./?\.)' nix/flake.nix nix/package.nix || { echo 'self is no source: it is another folder from ./nix. Use lib.fileset.' && return 1; }
}

# The flake without the rest of the checkout: what is not committed yet is in it.
flake_copy='rm -rf /tmp/flake && mkdir /tmp/flake && cd /src && cp -r nix flake.nix flake.lock /tmp/flake/ && for f in go.mod go.sum cmd exec internal plan tests docs; do [ ! -e $f ] || cp -r $f /tmp/flake/; done && cd /tmp/flake &&'

lock() {
  in_root sh -c "$flake_copy nix flake lock --offline --no-update-lock-file"
}

vendor_hash() {
  command -v go >/dev/null || { echo 'skipped: there is no Go here' && return 0; }
  [ -z "$update" ] || "$checkout/nix/vendor-hash" --update || return
  "$checkout/nix/vendor-hash" --check
}

# As NixOS does with a testScript, with mypy and pyflakes.
scenarios() {
  in_root bash -ec '
    cd /src/tests/vm
    for file in scenarios/*.py; do
      name=$(basename "$file" .py)
      for side in nixos debian; do
        cat lib/$side.py lib/common.py "$file" >"/tmp/$name.$side.py"
        PYFLAKES_BUILTINS=machines,source,target,start_all,subtest pyflakes3 "/tmp/$name.$side.py"
      done
      cat /src/nix/tests/driver.py "/tmp/$name.nixos.py" >"/tmp/$name.types.py"
      mypy --no-implicit-optional --no-color-output --no-error-summary --cache-dir=/tmp/mypy --no-incremental "/tmp/$name.types.py"
    done
    pyflakes3 driver
    ls scenarios/*.py | wc -l | sed "s/$/ scenarios/"'
}

# What people without NixOS copy, from the same source as everything else.
dist() {
  local side
  for side in source target; do
    "$checkout/nix/render" --fixture "$checkout/nix/dist.nix" --attr "$side" "$work/dist/$side" || return
  done
  rm -r "$work/dist/target/etc/ssh" # NixOS's way; elsewhere it is the user's own file
  [ -z "$update" ] || { rm -rf "$checkout/dist" && cp -r "$work/dist" "$checkout/dist"; }
  diff -ruN "$checkout/dist" "$work/dist" || { echo 'Run: nix/check --update' && return 1; }
  [ -z "$zfsrep" ] || "$zfsrep" check --config "$work/dist/source/etc/zfs-replication/config.json" >/dev/null
}
