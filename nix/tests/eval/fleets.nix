# Fleets of machines, right and wrong. What is said about them is in
# ../golden/fleets.txt: nothing about those that begin with "right".
let
  seed = import ../fixtures/seed.nix;
  key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPwcGvOlcO6dZRpfhYhQLwXDHvIAX8d1DwkUY8J5xRzS";

  # The seed's two machines.
  source = changes: {
    networking.hostName = "kraken";
    services.zfs-replication =
      seed
      // {
        publicKey = "${key} root@kraken";
      }
      // changes;
  };
  target = changes: {
    networking.hostName = "box";
    networking.interfaces.eth0.ipv4.addresses = [
      {
        address = "192.168.1.15";
        prefixLength = 24;
      }
    ];
    services.openssh.enable = true;
    services.zfs-replication.target = {
      enable = true;
      user = "box";
      place = "tank";
      authorizedKeys = [ "${key} somewhere else" ];
    }
    // changes;
  };
  pair = s: t: {
    kraken = source s;
    box = target t;
  };
  # kraken and the laptop send to box, which sends all of it on to vault.
  chain = first: middle: {
    kraken = source (
      first
      // {
        datasets = [
          "tank/services"
          "tank/shack"
        ];
        remotePool = "tank/kraken";
        jobs.disk = {
          remoteHost = null;
          remotePool = "usb";
          datasets = [ "tank/shack" ];
          schedule = "hourly";
        };
      }
    );
    laptop =
      source {
        datasets = [ "rpool/home" ];
        remotePool = "tank/laptop";
        remoteUser = "box-laptop";
      }
      // {
        networking.hostName = "laptop";
      };
    box =
      let
        t = target {
          place = "tank/kraken";
          sources.laptop = {
            user = "box-laptop";
            place = "tank/laptop";
          };
        };
      in
      t
      // {
        services = t.services // {
          zfs-replication =
            t.services.zfs-replication
            // seed
            // {
              remoteHost = "vault.example.org";
              remotePool = "attic/box";
              datasets = [
                "tank/kraken"
                "tank/laptop/home"
              ];
              schedule = "Sun 12:00";
            }
            // middle;
        };
      };
  };
in
{
  "right: the seed's two machines" = pair { } { };
  "right: the two machines of docs/nixos.md" = pair { remotePool = "tank/kraken"; } {
    place = "tank/kraken";
  };
  "right: a target outside of the fleet" = {
    kraken = source { remoteHost = "elsewhere.example.org"; };
  };
  "right: a target that was set up by hand" = {
    kraken = source { };
    box = {
      networking.hostName = "box";
      services.zfs-replication.target.names = [ "192.168.1.15" ];
      users.users.box.openssh.authorizedKeys.keys = [ key ];
    };
  };
  "right: two machines, each for the other" = {
    kraken =
      source {
        remotePool = "backup";
        datasets = [ "tank" ];
      }
      // {
        services.openssh.enable = true;
      };
    box =
      let
        t = target { place = "backup"; };
      in
      t
      // {
        services = t.services // {
          zfs-replication = t.services.zfs-replication // {
            enable = true;
            remoteHost = "kraken";
            remoteUser = "root";
            remotePool = "backup-of-box";
            datasets = [ "tank" ];
            hostKeys = seed.hostKeys;
          };
        };
        users.users.root.openssh.authorizedKeys.keys = [ key ];
      };
  };
  # docs/fleet.svg is its picture.
  "right: a chain over three machines, and a disk at home" = chain { } { };
  "right: a chain whose middle takes snapshots" = chain { } { autoSnapshot.enable = true; };

  "a chain whose middle takes snapshots of its replicas" = chain { receive.readonly = false; } {
    autoSnapshot.enable = true;
  };
  "two sources into one place" = pair { } { } // {
    hydra = source { datasets = [ "tank/services/web" ]; } // {
      networking.hostName = "hydra";
    };
  };
  "two sources into one place outside of the fleet" = {
    kraken = source { };
    hydra = source { };
  };
  "a cycle of two" = {
    a = {
      services.zfs-replication = seed // {
        remoteHost = "b";
        remotePool = "tank/from-a";
        datasets = [ "tank/data" ];
      };
    };
    b = {
      services.zfs-replication = seed // {
        remoteHost = "a";
        remotePool = "tank/data/from-b";
        datasets = [ "tank/from-a" ];
      };
    };
  };
  "no role on the target" = {
    kraken = source { };
    box = {
      services.zfs-replication.target.names = [ "192.168.1.15" ];
    };
  };
  "a user whom the target does not know" = pair { remoteUser = "root"; } { };
  "a place that is another's" = pair { remotePool = "vault"; } { };
  "a key that the target does not know" = pair {
    publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBxZJKGHFE3d4yPRFkZkKFd6w0VPzUhF1bIo7Bl0vhB2";
  } { };
  "sudo expected, rights given" = pair { } { privilege = "none"; };
  "a port where nobody listens" = pair { remotePort = 2222; } { };
  "pruning where only adding is allowed" = pair {
    retention.target.daily = 30;
    onDiverged = "rollback";
  } { appendOnly = true; };
  "a property that the target does not allow" = pair {
    receive.properties.mountpoint = "/srv";
  } { };
}
