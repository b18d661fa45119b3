# What a switch to another config is told beforehand, and when it is refused: a
# script that takes the new config. The old one is what the machine has in /etc.
#
# A switch may be what mends the network or the other machine. So nothing is
# refused because something could not be looked at, or took too long.
{
  seconds,
  zfsrep,
  zfsPath,
  timeout,
  sh,
}:
let
  path = builtins.concatStringsSep ":" (
    builtins.concatMap (p: [
      "${p}/bin"
      "${p}/sbin"
    ]) zfsPath
  );
in
''
  #!${sh}
  # The new config against the one that this machine has: is anything lost?
  old=''${ZFSREP_OLD_CONFIG:-/etc/zfs-replication/config.json}
  new=$1
  shift
  say() { printf 'zfs-replication: %s\n' "$*" >&2; }
  export PATH="${path}''${PATH:+:$PATH}" HOME="''${HOME:-/root}"

  # Nothing was replicated before, or it stays the same file.
  if [ ! -e "$old" ] || [ "$(readlink -f "$old")" = "$(readlink -f "$new")" ]; then exit 0; fi

  status=0
  ${timeout} --kill-after=10 ${toString seconds} ${zfsrep} plan --against "$old" --config "$new" --within-limits "$@" >&2 || status=$?
  case $status in
    0) ;;
    3)
      say 'this switch is refused: it would destroy more than limits.destroy allows, or leave a replica behind as an orphan, as said above'
      say 'mend the configuration; or, if it is meant so, switch once with NIXOS_NO_CHECK=1 in the environment, which passes by every check of this kind'
      exit 1
      ;;
    1) say 'what the new configuration changes cannot be seen in full, as said above; that stops no switch; look later with zfsrep plan' ;;
    124 | 137) say 'what the new configuration changes was not to be seen within ${toString seconds} s (services.zfs-replication.checkSwitch.seconds); that stops no switch; look later with zfsrep plan' ;;
    *) say "the two configurations could not be compared (exit $status), as said above; that stops no switch; look later with zfsrep plan" ;;
  esac
''
