# Sourced by nix/check: the checks themselves. Each one is silent or says how
# much it looked at, begins its answer with "skipped: " if it could not look, and
# returns 1 with the reason if it is not content.

golden=$checkout/nix/tests/golden

# golden FILE-OR-FOLDER: compares $work/golden/<it> with the one in the checkout.
same_as_golden() {
  if [ -n "$update" ]; then
    rm -rf "${golden:?}/$1"
    mkdir -p "$(dirname "$golden/$1")"
    cp -r "$work/golden/$1" "$golden/$1"
  fi
  diff -ruN "$golden/$1" "$work/golden/$1" || {
    echo "If it is meant: nix/check --update, and read the diff before you commit it."
    return 1
  }
}

# zfsrep as it is in the checkout, if it is there and builds.
build_zfsrep() {
  zfsrep=
  no_zfsrep='cmd/zfsrep is not there yet'
  [ -n "$(ls "$checkout"/cmd/zfsrep/*.go 2>/dev/null)" ] || return 0
  no_zfsrep='there is no Go here to build cmd/zfsrep'
  command -v go >/dev/null || return 0
  if (cd "$checkout" && CGO_ENABLED=0 go build -o "$work/zfsrep" ./cmd/zfsrep) 2>"$work/go.log"; then
    zfsrep=$work/zfsrep
  else
    no_zfsrep="cmd/zfsrep does not build: $(grep -v '^#' "$work/go.log" | head -n1)"
  fi
}

need_zfsrep() { [ -n "$zfsrep" ] || { echo "skipped: $no_zfsrep" && return 1; }; }
need_lib() {
  [ -n "${NIXPKGS_LIB:-}" ] || { echo "skipped: NIXPKGS_LIB unset" && return 1; }
  [ -e "$NIXPKGS_LIB/lib/default.nix" ] || { echo "NIXPKGS_LIB: there is no lib/default.nix in $NIXPKGS_LIB" && exit 1; }
}

in_nix_eval() { in_root nix-instantiate --eval --strict --json "$@"; }

# --- What is rendered ---

rendered() {
  [ -d "$work/golden/$1" ] || { cat "$work/said.$1" && return 1; }
  same_as_golden "$1"
}

accepted() {
  need_zfsrep || return 0
  local file
  for file in "$work/golden/$1"/etc/zfs-replication/*.json; do
    "$zfsrep" check --config "$file" >"$work/said" 2>&1 || { echo "$(basename "$file"):" && cat "$work/said" && return 1; }
  done
}

# The units in a root where everything they name exists. systemd-analyze exits 0
# on keys that it does not know: a word on stderr is a failure.
verify() {
  OUT=$work/golden/$1 in_root sh -ec '
    mount -t tmpfs tmpfs /usr/local
    mkdir -p /usr/local/units /usr/local/bin
    cp /bin/true /usr/local/bin/zfsrep
    cd /usr/local/units
    for u in /out/etc/systemd/system/*; do
      sed "s|^\(Exec[A-Za-z]*=[-+!]*\)/usr/bin/zfsrep|\1/usr/local/bin/zfsrep|; s|^\(Exec[A-Za-z]*=[-+!]*\)/usr/sbin/zfs |\1/usr/local/bin/zfsrep |" "$u" >"$(basename "$u")"
    done
    systemd-analyze verify --man=no --generators=no ./* 2>/tmp/said || true
    test ! -s /tmp/said || { cat /tmp/said; exit 1; }
    cat ./* | sed -n "s/^OnCalendar=//p" | while read -r when; do
      systemd-analyze calendar "$when" >/dev/null
    done
    ls | wc -l | sed "s/$/ units/"'
}

# The units among those they meet at boot: OpenZFS's own, and an import of a pool
# as NixOS writes it (nixos/modules/tasks/filesystems/zfs.nix). Nobody is told of an
# ordering cycle but by systemd, which deletes a job of it.
boots() {
  OUT=$work/golden/$1 in_root sh -ec '
    cp -a /etc /tmp/etc && mount --bind /tmp/etc /etc
    cp /out/etc/systemd/system/* /etc/systemd/system/
    cat >/etc/systemd/system/zfs-import-tank.service <<UNIT
[Unit]
DefaultDependencies=no
Wants=systemd-udev-settle.service
After=systemd-udev-settle.service systemd-modules-load.service systemd-ask-password-console.service
Before=shutdown.target zfs-import.target
Conflicts=shutdown.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
[Install]
RequiredBy=zfs-import.target
UNIT
    cd /etc/systemd/system
    systemctl --quiet enable zfs-import-tank.service zfs-import-cache.service zfs-import.target zfs-mount.service zfs-share.service \
      zfs-volume-wait.service zfs-volumes.target zfs.target
    for u in $(cd /out/etc/systemd/system && ls); do
      if grep -q "^\[Install\]" "$u"; then systemctl --quiet enable "$u"; fi
      if [ ! -e /usr/bin/zfsrep ]; then sed -i "s|/usr/bin/zfsrep|/bin/true|" "$u"; fi
    done
    systemd-analyze verify --man=no --generators=no multi-user.target 2>/tmp/said || true
    test ! -s /tmp/said || { cat /tmp/said; exit 1; }'
}

# 2.0 as root with the far side reached over ssh is what the project promises.
security() {
  OUT=$work/golden/$1 in_root sh -ec '
    cd /out/etc/systemd/system
    for u in *.service; do
      systemd-analyze security --offline=true --threshold=20 --no-pager "./$u" >/tmp/table 2>&1 || { cat /tmp/table; exit 1; }
      sed -n "s/.*Overall exposure level for \(.*\)\.service: \([0-9.]*\).*/\1 \2/p" /tmp/table
    done | paste -sd, | sed "s/,/, /g"'
}

log_files() {
  OUT=$work/golden/$1 in_root sh -ec '
    cp /etc/group /tmp/group && echo zfs-replication:x:999: >>/tmp/group && mount --bind /tmp/group /etc/group
    cp /out/etc/logrotate.d/zfs-replication /tmp/rotate && chmod 644 /tmp/rotate
    logrotate --debug --state /tmp/state /tmp/rotate >/tmp/said 2>&1 || { cat /tmp/said; exit 1; }
    ! grep -i error /tmp/said
    systemd-tmpfiles --dry-run --create /out/etc/tmpfiles.d/zfs-replication.conf >/tmp/said 2>&1 || { cat /tmp/said; exit 1; }'
}

# sudo itself says which command lines the rules let through.
sudo_rules() {
  mkdir -p "$work/sudo"
  cat "$work"/golden/target/etc/sudoers.d/* "$work"/golden/target-rights/etc/sudoers.d/* >"$work/sudo/rules"
  OUT=$work/sudo in_root bash -ec '
    mount -t tmpfs tmpfs /usr/local && mkdir /usr/local/sbin && cp /bin/true /usr/local/sbin/zfs
    cp -a /etc /tmp/etc && mount --bind /tmp/etc /etc
    useradd box && useradd hydra
    sed -i "s|/usr/sbin/zfs|/usr/local/sbin/zfs|" /out/rules
    # One rule a line, as it is written for other machines, and one a user, as NixOS
    # writes security.sudo.extraRules.
    grep -v "^#" /out/rules | sed "s/ .*//" | sort -u | while read -r user; do
      sed -n "s/^$user ALL=(root) //p" /out/rules | paste -sd, | sed "s/,NOPASSWD/, NOPASSWD/g; s/^/$user ALL=(root)    /"
    done >/out/nixos
    for form in rules nixos; do
      cp "/out/$form" /etc/sudoers.d/rules && chmod 440 /etc/sudoers.d/rules
      visudo -cqf /etc/sudoers.d/rules
      count=0
      while read -r want user arguments; do
        case $want in yes | no) ;; *) continue ;; esac
        count=$((count + 1))
        # shellcheck disable=SC2086 # words
        if sudo -l -U "$user" /usr/local/sbin/zfs $arguments >/dev/null 2>&1; then is=yes; else is=no; fi
        [ "$is" = "$want" ] || { echo "sudo says $is, wanted $want ($form): $user: zfs $arguments"; bad=yes; }
      done </src/nix/tests/sudo-cases.txt
    done
    [ -z "$bad" ] && echo "$count command lines, written in two ways"'
}

# internal/config writes its defaults into a file and tests that they are so.
defaults() {
  local file=internal/config/testdata/defaults.json
  [ -e "$checkout/$file" ] || { echo "skipped: $file is not there yet" && return 0; }
  in_root nix eval --offline --impure --raw --expr '
    let
      text = import /src/nix/pure/text.nix;
      d = import /src/nix/pure/defaults.nix;
    in
    text.json {
      version = 1;
      # What has no default is empty there.
      jobs.default = d.job // { remotePool = ""; datasets = [ ]; };
      # The one exception, written in contract.md: the module has a log file.
      log = { file = null; inherit (d.log) level; };
      autoSnapshot = { inherit (d.autoSnapshot) enable prefix keep; };
    }' >"$work/defaults.nix.json" || return
  in_root nix eval --offline --impure --raw --expr "(import /src/nix/pure/text.nix).json (builtins.fromJSON (builtins.readFile /src/$file))" >"$work/defaults.go.json" || return
  diff -u --label "$file" --label nix/pure/defaults.nix "$work/defaults.go.json" "$work/defaults.nix.json"
}

# --- Mistakes ---

build_mistakes() {
  need_zfsrep || return 0
  local name
  mkdir -p "$work/mistakes"
  OUT=$work/mistakes in_root nix eval --offline --impure --write-to /out/json --expr '
    let mistakes = import /src/nix/tests/build-mistakes.nix; in
    builtins.mapAttrs (_: cfg: (import /src/nix/render.nix { inherit cfg; }).files."/etc/zfs-replication/config.json") mistakes' || return
  for name in "$work/mistakes/json"/*; do
    printf '## %s\n' "$(basename "$name")"
    (cd "$work/mistakes/json" && "$zfsrep" check --config "$(basename "$name")" 2>&1)
    printf 'exit %d\n\n' $?
  done >"$work/golden/build-mistakes.txt"
  ! grep -nx 'exit 0' "$work/golden/build-mistakes.txt" || { echo 'a mistake was accepted' && return 1; }
  same_as_golden build-mistakes.txt
}

# What `nixos-rebuild build` would do with the config, with a real build.
built() {
  need_lib || return 0
  need_zfsrep || return 0
  mkdir -p "$work/built/tool/bin" && cp "$zfsrep" "$work/built/tool/bin/zfsrep"
  OUT=$work/built in_root sh -c '
    build() {
      nix-build --no-out-link --expr "
        import /src/nix/tests/build.nix {
          lib = import /lib-nix/lib;
          zfsrep = builtins.path { path = /out/tool; name = \"zfsrep\"; };
          cfg = import /src/nix/tests/fixtures/$1.nix // $2;
        }" >/tmp/said 2>&1
    }
    wrong() {
      if build seed "$1"; then echo "this was built: $1"; exit 1; fi
      grep -q "$2" /tmp/said || { echo "this was not said: $2"; cat /tmp/said; exit 1; }
    }
    for f in seed everything user; do
      build $f "{ }" || { echo "$f:"; cat /tmp/said; exit 1; }
    done
    wrong "{ retention.source.match = [ \"x\" ]; }" "jobs.default.retention.source: has no rule"
    wrong "{ schedule = \"every now and then\"; }" "the schedule every now and then is no time that systemd understands"
    wrong "{ retry.delay = \"5 bananas\"; }" "the time of retry 5 bananas is no time that systemd understands"
    echo 3 good ones, 3 bad ones'
}

# Switches played with rendered configs, and an inventory in the place of both
# machines: what each one prints, and whether it goes on.
switches() {
  need_zfsrep || return 0
  local dir=$work/switches name
  mkdir -p "$dir"
  OUT=$dir in_root nix eval --offline --impure --write-to /out/to --expr '
    builtins.mapAttrs (_: cfg: let r = import /src/nix/render.nix { inherit cfg; zfsrep = "./zfsrep"; timeout = "timeout"; }; in {
      "config.json" = r.files."/etc/zfs-replication/config.json";
      check = r.switchCheck;
    }) (import /src/nix/tests/switches.nix)' || return
  chmod -R u+w "$dir/to" && cd "$dir" && cp "$zfsrep" zfsrep
  play() {
    local title=$1 old=$2 new=$3 status=0
    shift 3
    printf '## %s\n' "$title"
    ZFSREP_IDENTITY_FILE=$dir/key ZFSREP_OLD_CONFIG=$old sh "to/$new/check" "to/$new/config.json" "$@" 2>&1 || status=$?
    [ "$status" = 0 ] && printf 'it goes on\n\n' || printf 'it is refused (%s)\n\n' "$status"
  }
  ssh-keygen -q -t ed25519 -N '' -f key
  {
    play 'nothing was there before' to/nothing.json before
    play 'the same config' to/before/config.json before
    for name in to/*/; do
      name=$(basename "$name")
      case $name in before | away | still-away | slow) continue ;; esac
      play "$name" to/before/config.json "$name" --state "$here/../tests/inventory.json"
    done
    play 'the other machine is away' to/away/config.json still-away
    play 'a config that this zfsrep cannot read' to/before/check before
    printf '#!/bin/sh\nsleep 60\n' >zfsrep
    play 'no answer within a second' to/harmless/config.json slow
  } | sed "s|$here/../tests/||" >"$work/golden/switches.txt"
  shellcheck_rendered "$dir/to/before/check" || return
  grep -c '^## ' "$work/golden/switches.txt" | sed 's/$/ switches/'
  same_as_golden switches.txt
}

shellcheck_rendered() {
  cp "$1" "$work/switches/rendered.sh"
  OUT=$work/switches in_root shellcheck /out/rendered.sh
}

module_cases() {
  need_lib || return 0
  local wrong
  wrong=$(in_nix_eval -E '(import /src/nix/tests/eval { lib = import /lib-nix/lib; }).cases') || return
  [ "$wrong" = '[]' ] || { tr ',' '\n' <<<"$wrong" && return 1; }
  in_nix_eval -E '(import /src/nix/tests/eval { lib = import /lib-nix/lib; }).caseCount' | sed 's/$/ cases/'
}

module_mistakes() {
  need_lib || return 0
  # One evaluation each: what a type refuses ends it. Only its last words count,
  # they are what people read.
  in_root bash -c '
    tests="import /src/nix/tests/eval { lib = import /lib-nix/lib; }"
    nix eval --impure --raw --expr "builtins.concatStringsSep \"\n\" ($tests).mistakes" | while read -r name || [ -n "$name" ]; do
      printf "## %s\n" "$name"
      if nix eval --impure --raw --expr "builtins.concatStringsSep \"\n\" (($tests).mistake \"$name\")" >/tmp/said 2>/tmp/refused </dev/null; then
        test -s /tmp/said || echo "nothing: IT WAS ACCEPTED"
        cat /tmp/said
        echo
      else
        sed -n "/^ *error: .*/,\$p" /tmp/refused | tac | sed "/error: /q" | tac | sed "s/^ *//; /^at .*:\$/,\$d; s|/src/nix|nix|g"
      fi
      echo
    done' >"$work/golden/mistakes.txt" || return
  ! grep -n 'IT WAS ACCEPTED' "$work/golden/mistakes.txt" || return 1
  same_as_golden mistakes.txt
}

fleets() {
  need_lib || return 0
  in_root nix eval --offline --impure --raw --expr '
    let
      inherit (import /src/nix/tests/eval { lib = import /lib-nix/lib; }) fleets;
    in
    builtins.concatStringsSep "\n" (map (
      name: "## ${name}\n" + builtins.concatStringsSep "" (map (p: "- ${p}\n") fleets.${name})
    ) (builtins.attrNames fleets))' >"$work/golden/fleets.txt" || return
  ! grep -A1 '^## right' "$work/golden/fleets.txt" | grep '^-' || return 1
  ! grep -v '^## right' "$work/golden/fleets.txt" | grep -A1 '^## ' | grep -x '' || { echo 'a contradiction was not seen' && return 1; }
  same_as_golden fleets.txt
}

# docs/fleet.svg is drawn from it, by whoever has Graphviz: it must have the same
# nodes and ways.
fleet_graph() {
  need_lib || return 0
  in_root nix eval --offline --impure --raw --expr '(import /src/nix/tests/eval { lib = import /lib-nix/lib; }).graph' >"$work/golden/fleet.dot" || return
  same_as_golden fleet.dot || return
  [ -z "$update" ] || ! command -v dot >/dev/null || dot -Tsvg "$golden/fleet.dot" -o "$checkout/docs/fleet.svg" || return
  sed -n 's/^ *\("[^"]*:[^"]*"\( -> "[^"]*"\)\?\) \[.*/\1/p' "$golden/fleet.dot" | tr -d '"' | sed 's/ -> /->/' | sort >"$work/drawn.want"
  sed -n 's|^<title>\(.*:.*\)</title>$|\1|p' "$checkout/docs/fleet.svg" | sed 's/&#45;/-/g; s/&gt;/>/g' | sort >"$work/drawn"
  diff -u "$work/drawn.want" "$work/drawn" || { echo 'Run, with Graphviz installed: nix/check --update' && return 1; }
  wc -l <"$work/drawn" | sed 's/$/ nodes and ways/'
}

# docs/options.md is written from the options, not by people.
reference() {
  need_lib || return 0
  in_root nix eval --offline --impure --raw --expr 'import /src/nix/tools/options.nix { lib = import /lib-nix/lib; }' >"$work/options.md" || return
  [ -z "$update" ] || { mkdir -p "$checkout/docs" && cp "$work/options.md" "$checkout/docs/options.md"; }
  diff -u "$checkout/docs/options.md" "$work/options.md" || { echo 'The options have changed. Run: nix/check --update' && return 1; }
  grep -c '^### ' "$work/options.md" | sed 's/$/ options/'
}

# --- The whole flake ---

flake_check() {
  need_lib || return 0
  in_root sh -c "$flake_copy nix flake check --offline --no-build --all-systems --no-write-lock-file --override-input nixpkgs 'path:/src/nix/tests?dir=stub-nixpkgs' --override-input nixpkgs/lib-source path:/lib-nix 2>/tmp/said || { cat /tmp/said; exit 1; }"
}

# Somebody else's flake that uses ours.
consumer() {
  need_lib || return 0
  local got want='{"overlay":"zfsrep","package":"zfsrep","program":true,"units":{"box":["zfs-replication-target"],"kraken":["zfs-replication"]}}'
  got=$(in_root sh -c "$flake_copy"' cp -r /src/nix/tests/consumer /tmp/consumer && cd /tmp/consumer &&
    nix eval --json --offline --no-write-lock-file path:/tmp/consumer#all --override-input zfsrep path:/tmp/flake \
      --override-input nixpkgs "path:/src/nix/tests?dir=stub-nixpkgs" --override-input nixpkgs/lib-source path:/lib-nix 2>/tmp/said || { cat /tmp/said; exit 1; }') ||
    { printf '%s\n' "$got" && return 1; }
  [ "$got" = "$want" ] || { printf 'got  %s\nwant %s\n' "$got" "$want" && return 1; }
}

left_over() {
  local have
  for have in "$golden"/*; do
    [ -e "$work/golden/$(basename "$have")" ] || [ -n "${only[*]}" ] || case $(basename "$have") in
      mistakes.txt | build-mistakes.txt | fleets.txt | fleet.dot | switches.txt) ;; # made only where their check is not skipped
      *) echo "$have belongs to no check" && return 1 ;;
    esac
  done
}
