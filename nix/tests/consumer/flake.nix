# A flake of somebody who uses ours: the module, the overlay and the check of a
# fleet, all from outside. nix/check evaluates it with stubs.
{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
    zfsrep.url = "github:zfsrep/zfsrep";
    zfsrep.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    { nixpkgs, zfsrep, ... }:
    let
      inherit (nixpkgs) lib;
      pkgs = nixpkgs.legacyPackages.x86_64-linux;

      machine =
        modules:
        lib.evalModules {
          specialArgs = { inherit pkgs; };
          modules = [
            nixpkgs.stubs
            # Twice, as it happens when two of one's modules need it.
            zfsrep.nixosModules.default
            zfsrep.nixosModules.zfs-replication
            { boot.zfs.enabled = true; }
          ]
          ++ modules;
        };

      machines = zfsrep.lib.checkedFleet {
        kraken = machine [
          {
            networking.hostName = "kraken";
            services.zfs-replication = {
              enable = true;
              remoteHost = "box";
              remoteUser = "box";
              remotePool = "tank/kraken";
              datasets = [ "tank/services" ];
              identityFile = "/root/.ssh/id_ed25519";
              hostKeys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBxZJKGHFE3d4yPRFkZkKFd6w0VPzUhF1bIo7Bl0vhB2" ];
            };
          }
        ];
        box = machine [
          {
            networking.hostName = "box";
            services.openssh.enable = true;
            services.zfs-replication.target = {
              enable = true;
              user = "box";
              place = "tank/kraken";
              authorizedKeys = [
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPwcGvOlcO6dZRpfhYhQLwXDHvIAX8d1DwkUY8J5xRzS root@kraken"
              ];
            };
          }
        ];
      };
    in
    {
      all = {
        package = zfsrep.packages.x86_64-linux.default.name;
        overlay = (zfsrep.overlays.default pkgs pkgs).zfsrep.name;
        units = lib.mapAttrs (_: m: lib.attrNames m.config.systemd.services) machines;
        program = lib.hasSuffix "-zfsrep/bin/zfsrep run --config /etc/zfs-replication/config.json" machines.kraken.config.systemd.services.zfs-replication.serviceConfig.ExecStart;
      };
    };
}
