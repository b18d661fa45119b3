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

  # The entries of machines.nix that a scenario names. The first one is what the
  # machines boot, each of the others a specialisation: no more of them, since each
  # is a whole system to evaluate.
  namedIn =
    text:
    let
      found = lib.filter lib.isList (builtins.split "use\\(\"([a-z-]+)\"\\)" text);
    in
    if found == [ ] then [ "seed" ] else lib.unique (map lib.head found);

  machine =
    named: side: address: hostId:
    { config, ... }:
    {
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

      # A specialisation has what its parent has, but no specialisations.
      services.zfs-replication = lib.mkIf (lib.length named == 1 || config.specialisation != { }) (
        told side (lib.head named)
      );
      specialisation = lib.genAttrs (lib.tail named) (name: {
        configuration.services.zfs-replication = told side name;
      });
    };

  source = named: {
    imports = [ (machine named "source" "192.168.1.10" "00000a10") ];
    networking.hostName = "kraken";
    system.name = "source"; # what the test driver calls it
    environment.systemPackages = lib.optional (pkgs ? sanoid) pkgs.sanoid;
    systemd.tmpfiles.rules = [
      "d /root/.ssh 0700 root root"
      "C /root/.ssh/id_ed25519 0600 root root - ${keys.snakeOilPrivateKey}"
      "f+ /root/.ssh/id_ed25519.pub 0644 root root - ${keys.snakeOilPublicKey}"
    ];
  };

  target = named: {
    imports = [ (machine named "target" "192.168.1.15" "00000a15") ];
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
    let
      scenario = builtins.readFile (./scenarios + "/${name}.py");
      named = namedIn scenario;
    in
    pkgs.testers.runNixOSTest {
      name = "zfsrep-${name}";
      globalTimeout = 30 * 60;
      nodes = {
        source = source named;
        target = target named;
      };
      testScript = lib.concatStringsSep "\n" [
        (builtins.readFile ./lib/nixos.py)
        (builtins.readFile ./lib/common.py)
        scenario
      ];
    };
in
lib.listToAttrs (map (name: lib.nameValuePair "vm-${name}" (test name)) scenarios)
