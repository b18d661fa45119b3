# The config as NixOS would build it: checked.nix with as much of pkgs as really
# builds without nixpkgs, on a machine with /bin/sh and systemd.
{
  lib,
  # A program in the store.
  zfsrep,
  cfg,
}:
let
  rendered = import ../render.nix { inherit cfg; };
in
import ../checked.nix {
  inherit lib;
  checkConfig = true;
  package = {
    type = "derivation";
    name = "zfsrep";
    outPath = zfsrep;
    meta.mainProgram = "zfsrep";
  };
  pkgs = {
    stdenv.buildPlatform.canExecute = _: true;
    stdenv.hostPlatform = { };
    buildPackages.systemd = "/usr";
    writeText = builtins.toFile;
    runCommand =
      name: _: script:
      derivation {
        inherit name;
        system = builtins.currentSystem;
        builder = "/bin/sh";
        args = [
          "-ec"
          script
        ];
        PATH = "/usr/bin:/bin";
      };
  };
  files = lib.filterAttrs (path: _: lib.hasPrefix "/etc/zfs-replication/" path) rendered.files;
  calendars = map (t: t.timerConfig.OnCalendar) (lib.attrValues rendered.timers);
  spans = map (u: u.serviceConfig.RestartSec) (
    lib.filter (u: u ? path) (lib.attrValues rendered.services)
  );
}
