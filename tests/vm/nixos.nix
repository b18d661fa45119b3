# The NixOS VM tests: two machines with real OpenZFS, the module on both, and the
# very scenario files that run on the Debian pair.
{
  lib,
  pkgs,
  module,
}:
let
  keys = import (pkgs.path + "/nixos/tests/ssh-keys.nix") pkgs;
  machines = import ./machines.nix;

  # Keys of the test, known to both sides from the start.
  known = {
    source.hostKeys = [ keys.snakeOilEd25519PublicKey ];
    target.target.authorizedKeys = [ keys.snakeOilPublicKey ];
  };
  told = side: name: lib.recursiveUpdate machines.${name}.${side} known.${side};

  secret = source: {
    inherit source;
    mode = "0600";
  };

  machine = side: address: hostId: { config, lib, ... }: {
    imports = [ module ];

    boot.supportedFilesystems = [ "zfs" ];
    networking.hostId = hostId;
    networking.interfaces.eth1.ipv4.addresses = lib.mkOverride 0 [
      {
        inherit address;
        prefixLength = 24;
      }
    ];
    virtualisation.memorySize = 2048;
    # /dev/vdb, where scenarios make their pool.
    virtualisation.emptyDiskImages = [ 8192 ];

    services.zfs-replication = lib.mkIf (config.specialisation != { }) (told side "seed");
    specialisation = lib.mapAttrs (name: _: {
      configuration.services.zfs-replication = told side name;
    }) machines;
  };

  source = {
    imports = [ (machine "source" "192.168.1.10" "00000a10") ];
    networking.hostName = "kraken";
    system.name = "source"; # what the test driver calls it
    environment.systemPackages = lib.optional (pkgs ? sanoid) pkgs.sanoid;
    systemd.tmpfiles.rules = [
      "d /root/.ssh 0700 root root"
      "C /root/.ssh/id_ed25519 0600 root root - ${keys.snakeOilPrivateKey}"
      "f+ /root/.ssh/id_ed25519.pub 0644 root root - ${keys.snakeOilPublicKey}"
    ];
  };

  target = {
    imports = [ (machine "target" "192.168.1.15" "00000a15") ];
    networking.hostName = "box";
    system.name = "target";
    services.openssh = {
      enable = true;
      hostKeys = [
        {
          type = "ed25519";
          path = "/etc/ssh/ssh_host_ed25519_key";
        }
      ];
    };
    environment.etc = {
      "ssh/ssh_host_ed25519_key" = secret keys.snakeOilEd25519PrivateKey;
      "ssh/ssh_host_ed25519_key.pub".text = keys.snakeOilEd25519PublicKey + "\n";
    };
    # What scenarios call it, after Debian.
    systemd.services.sshd.aliases = [ "ssh.service" ];
  };

  scenarios = lib.concatMap (
    file: lib.optional (lib.hasSuffix ".py" file) (lib.removeSuffix ".py" file)
  ) (lib.attrNames (builtins.readDir ./scenarios));

  test =
    name:
    pkgs.testers.runNixOSTest {
      name = "zfsrep-${name}";
      globalTimeout = 30 * 60;
      nodes = { inherit source target; };
      # The scenarios share their names with another driver, whose types it has not.
      skipTypeCheck = true;
      testScript = lib.concatMapStringsSep "\n" builtins.readFile [
        ./lib/nixos.py
        ./lib/common.py
        (./scenarios + "/${name}.py")
      ];
    };
in
lib.listToAttrs (map (name: lib.nameValuePair "vm-${name}" (test name)) scenarios)
