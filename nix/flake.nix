# The root has a symlink to this file and the lock beside it: name the flake by
# the root (`nix flake check`, `.#zfsrep`), never by this folder, which would
# resolve an unpinned nixpkgs. Paths here begin at this folder.
{
  description = "ZFS replication for NixOS that shows its plan first";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;

      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      eachSystem = f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in
    {
      packages = eachSystem (pkgs: {
        default = pkgs.callPackage ./package.nix { };
        zfsrep = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
      });

      overlays.default = final: _: { zfsrep = final.callPackage ./package.nix { }; };

      # checkedFleet and fleetProblems: do several machines fit together? fleetGraph:
      # what does it look like?
      lib = import ./fleet.nix { inherit lib; };

      nixosModules = {
        default = self.nixosModules.zfs-replication;
        # Both halves: services.zfs-replication sends this machine's datasets,
        # services.zfs-replication.target receives those of others. The package
        # is made by the machine's own pkgs, which know what a cross build is.
        zfs-replication = ./module.nix;
      };

      checks = eachSystem (pkgs: import ./tests { inherit self nixpkgs pkgs; });

      devShells = eachSystem (pkgs: {
        default = pkgs.mkShell {
          inputsFrom = [ self.packages.${pkgs.stdenv.hostPlatform.system}.default ];
          packages = [
            pkgs.golangci-lint
            pkgs.gopls
            pkgs.nixfmt-tree
            pkgs.shellcheck
          ];
        };
      });

      formatter = eachSystem (pkgs: pkgs.nixfmt-tree);
    };
}
