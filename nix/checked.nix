# The config files, in a folder of the store that only comes to be when zfsrep
# itself has nothing to say against them: a wrong config fails while the system is
# built, in zfsrep's own words.
{
  lib,
  pkgs,
  package,
  checkConfig,
  # /etc/zfs-replication/<name> -> text
  files,
  # What the timers are given, for systemd to judge.
  calendars,
  spans,
}:
let
  # It runs where the system is built, which need not be what it is built for.
  checker =
    if pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform then
      package
    else
      pkgs.buildPackages.callPackage ./package.nix { };

  copies = lib.mapAttrsToList (
    path: text: "cp ${pkgs.writeText (baseNameOf path) text} $out/${baseNameOf path}\n"
  ) files;

  understood = verb: what: instead: value: ''
    if ! ${pkgs.buildPackages.systemd}/bin/systemd-analyze ${verb} ${lib.escapeShellArg value} >/dev/null; then
      echo ${lib.escapeShellArg "services.zfs-replication: the ${what} ${value} is no time that systemd understands. Write ${instead}, or see systemd.time(7)."} >&2
      exit 1
    fi
  '';

  checks =
    map (understood "calendar" "schedule" "a time of day such as 04:00") (lib.unique calendars)
    ++ map (understood "timespan" "time of retry" "a number and its unit such as 5min") (
      lib.unique spans
    )
    ++ map (path: ''
      ${lib.getExe checker} check --config $out/${baseNameOf path}
    '') (lib.attrNames files);
in
pkgs.runCommand "zfs-replication-config" { preferLocalBuild = true; } (
  "mkdir $out\n"
  + lib.concatStrings copies
  + lib.optionalString checkConfig (lib.concatStrings checks)
)
