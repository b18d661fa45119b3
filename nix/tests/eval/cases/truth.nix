# The module and the plain renderer are one truth.
{
  lib,
  evaluate,
  complaints,
  seed,
  render,
  defaults,
  of,
  plain,
  json,
  job,
  ...
}:
{
  "the seed's JSON, through the module and without it" = {
    is = json plain;
    want = (render { cfg = seed; }).config;
  };
  "the seed's units, through the module and without it" = {
    is = lib.mapAttrs (_: u: u.serviceConfig) plain.config.systemd.services;
    want =
      lib.mapAttrs (_: u: u.serviceConfig)
        (render {
          cfg = seed;
          zfsrep = "/zfsrep/bin/zfsrep";
          systemctl = "/systemd/bin/systemctl";
        }).services;
  };
  "a job of nothing but defaults, through the module and without it" =
    let
      cfg = {
        enable = true;
        remotePool = "tank";
        datasets = [ "a" ];
      };
    in
    {
      is = json (evaluate {
        services.zfs-replication = cfg;
      });
      want = (render { inherit cfg; }).config;
    };
  "every default of a job is written out" = {
    is = lib.attrNames (job plain);
    want = lib.attrNames defaults.job;
  };
  "an older nixpkgs builds the package with the Go that it needs" =
    let
      builtBy =
        version:
        import ../../../package.nix {
          inherit lib;
          stdenv = { };
          installShellFiles = null;
          versionCheckHook = null;
          go = { inherit version; };
          buildGoModule = _: "its usual Go";
          buildGo126Module = _: "Go 1.26";
        };
    in
    {
      is = map builtBy [
        "1.25.9"
        "1.26.8"
      ];
      want = [
        "Go 1.26"
        "its usual Go"
      ];
    };
  "the seed is right" = {
    is = complaints plain ++ plain.config.warnings;
    want = [ ];
  };
}
