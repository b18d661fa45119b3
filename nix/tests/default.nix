# The flake's checks, for one system.
{
  self,
  nixpkgs,
  pkgs,
}:
let
  inherit (pkgs) lib;
  system = pkgs.stdenv.hostPlatform.system;

  eval = import ./eval { inherit (nixpkgs) lib; };

  # Nothing to build: evaluating is the test.
  evaluated =
    name: wrong:
    if wrong == [ ] then
      pkgs.runCommand name { } "touch $out"
    else
      throw "${name}: ${builtins.toJSON wrong}";
in
{
  package = self.packages.${system}.default;

  module = evaluated "module-cases" eval.cases;

  # Fleets that are right are, and the others are not.
  fleet = evaluated "fleets" (
    lib.attrNames (
      lib.filterAttrs (name: problems: lib.hasPrefix "right" name != (problems == [ ])) eval.fleets
    )
  );

  formatting =
    let
      isNix = lib.fileset.fileFilter (f: f.hasExt "nix");
      files = lib.fileset.toSource {
        root = ../../.;
        fileset = lib.fileset.union (isNix ../../nix) (isNix ../../tests/vm);
      };
    in
    pkgs.runCommand "formatting" { nativeBuildInputs = [ pkgs.nixfmt ]; } ''
      find ${files} -name '*.nix' -exec nixfmt --check {} +
      touch $out
    '';
}
// lib.optionalAttrs pkgs.stdenv.hostPlatform.isx86_64 (
  import ../../tests/vm/nixos.nix {
    inherit lib pkgs;
    module = self.nixosModules.default;
  }
)
