# As much of testers.runNixOSTest as says whether a test's definition is sound:
# its nodes are evaluated with our own module and stubs of the rest.
pkgs:
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  opt =
    type: default:
    mkOption {
      inherit type default;
    };

  node = lib.evalModules;
in
{
  options = {
    name = mkOption { type = types.str; };
    globalTimeout = opt types.ints.positive 3600;
    skipTypeCheck = opt types.bool false;
    skipLint = opt types.bool false;
    nodes = mkOption {
      type = types.lazyAttrsOf types.deferredModule;
      apply = lib.mapAttrs (
        _: module:
        node {
          specialArgs = {
            inherit pkgs;
          };
          modules = [
            ../eval/stubs.nix
            (
              { lib, ... }:
              {
                # What a test's machine sets beside what we stub.
                options = {
                  boot.supportedFilesystems = opt (types.listOf types.str) [ ];
                  networking.hostId = opt types.str "";
                  system.name = opt types.str "";
                  virtualisation = opt (types.attrsOf types.anything) { };
                  specialisation = opt (types.attrsOf types.anything) { };
                  systemd.tmpfiles.rules = opt (types.listOf types.str) [ ];
                };
                config.boot.zfs.enabled = true;
              }
            )
            module
          ];
        }
      );
    };
    testScript = mkOption { type = types.str; };
  };
}
