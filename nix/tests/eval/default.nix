# The module, evaluated with nixpkgs' lib and stubs of the rest. nix/check runs it
# where NIXPKGS_LIB says where that lib is, `nix flake check` always.
{ lib }:
let
  # As much of pkgs as the module touches. "Packages" are strings, so that what
  # is made of them can be read.
  pkgs = {
    stdenv.buildPlatform.canExecute = _: true;
    stdenv.hostPlatform = { };
    buildPackages.systemd = "/systemd";
    runtimeShell = "/bin/sh";
    callPackage = _: _: fakePackage;
    coreutils = "/coreutils";
    writeText = name: text: "/text/${name}/${text}";
    writeTextFile = { name, text, ... }: "/text/${name}/${text}";
    runCommand = name: _: script: {
      outPath = "/built/${name}";
      inherit script;
    };
  };
  fakePackage = {
    type = "derivation";
    name = "zfsrep";
    outPath = "/zfsrep";
    meta.mainProgram = "zfsrep";
  };

  evaluate =
    module:
    lib.evalModules {
      specialArgs = { inherit pkgs; };
      modules = [
        ./stubs.nix
        ../../module.nix
        { boot.zfs.enabled = lib.mkDefault true; }
        (lib.setDefaultModuleLocation "configuration.nix" module)
      ];
    };

  complaints = e: map (a: a.message) (builtins.filter (a: !a.assertion) e.config.assertions);
in
{
  inherit lib evaluate complaints;

  # What each mistake says. One that is a type's to refuse ends the evaluation.
  mistake =
    name:
    let
      e = evaluate (import ./mistakes.nix).${name};
    in
    # As NixOS does: assertions first, the rest only when they hold.
    if complaints e != [ ] then
      complaints e
    else
      builtins.deepSeq e.config.systemd (map (w: "warning: ${w}") e.config.warnings);

  mistakes = builtins.attrNames (import ./mistakes.nix);

  # What each fleet's contradictions are said to be.
  fleets =
    let
      inherit (import ../../fleet.nix { inherit lib; }) fleetProblems;
    in
    lib.mapAttrs (_: machines: fleetProblems (lib.mapAttrs (_: evaluate) machines)) (
      import ./fleets.nix
    );

  # The picture of the fleet that docs/nixos.md shows.
  graph =
    let
      inherit (import ../../fleet.nix { inherit lib; }) fleetGraph;
      machines = (import ./fleets.nix)."right: a chain over three machines, and a disk at home";
    in
    fleetGraph (lib.mapAttrs (_: evaluate) machines);

  # Names of the cases that do not hold, each with what there was instead.
  cases = lib.concatLists (
    lib.mapAttrsToList (
      name: case:
      lib.optional (case.is != case.want) {
        inherit name;
        inherit (case) is want;
      }
    ) (import ./cases { inherit lib evaluate complaints; })
  );
  caseCount = builtins.length (
    builtins.attrNames (import ./cases { inherit lib evaluate complaints; })
  );
}
