# The options of one job. They stand twice in the module: flat, where their
# defaults are those of defaults.nix, and in jobs.<name>, where a job takes what
# it does not say from the flat ones.
{
  lib,
  defaults,
  # Values that are the defaults.
  from,
  # Whether those are the flat options, for the manual.
  inherited,
}:
let
  inherit (lib) mkOption types;
  own = import ./types.nix { inherit lib; };
  dataset = import ./dataset.nix { inherit lib defaults; };
  policy = import ./retention.nix { inherit lib defaults; };

  option =
    path: args:
    mkOption (
      {
        default = lib.attrByPath path null from;
      }
      // lib.optionalAttrs inherited {
        defaultText = lib.literalExpression "config.services.zfs-replication.${lib.concatStringsSep "." path}";
      }
      // args
    );
in
{
  remoteHost = option [ "remoteHost" ] {
    type = types.nullOr own.host;
    example = "192.168.1.15";
    description = ''
      Name or address of the machine that receives. `null`: the target is another
      pool of this machine.

      With an address instead of a name, the service can reach that address and
      no other.
    '';
  };

  remotePort = option [ "remotePort" ] {
    type = types.port;
    example = 2222;
    description = "Port of the ssh server on {option}`services.zfs-replication.remoteHost`.";
  };

  remoteUser = option [ "remoteUser" ] {
    type = own.user;
    example = "box";
    description = "User on {option}`services.zfs-replication.remoteHost`.";
  };

  remotePool = option [ "remotePool" ] {
    type = types.nullOr own.dataset;
    example = "tank";
    description = ''
      Pool or dataset that receives. The source pool's name is replaced by it:
      `tank/a/b` lands at `<remotePool>/a/b`. Has to be set.
    '';
  };

  datasets = option [ "datasets" ] {
    type = types.listOf dataset;
    example = lib.literalExpression ''
      [
        "tank/services"
        { name = "tank/shack"; exclude = [ "tank/shack/tmp" ]; }
      ]
    '';
    description = ''
      What is replicated: names of datasets, or sets of a name and how that
      dataset differs from the usual.
    '';
  };

  identityFile = option [ "identityFile" ] {
    type = types.nullOr own.secretFile;
    example = "/root/.ssh/id_ed25519";
    description = ''
      File with the private key for {option}`services.zfs-replication.remoteUser`,
      as a string: it never goes to the Nix store. systemd hands it to the service
      (`LoadCredential=`), which can read no other key then. `null`: the usual
      files in `/root/.ssh`.
    '';
  };

  publicKey = option [ "publicKey" ] {
    type = types.nullOr own.publicKey;
    apply = lib.mapNullable lib.trim;
    example = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP... root@kraken";
    description = ''
      The public half of {option}`services.zfs-replication.identityFile`. Only the
      check of a whole fleet (`lib.checkedFleet` of the flake) reads it: whether
      the target knows it.
    '';
  };

  hostKeys = option [ "hostKeys" ] {
    type = types.listOf own.hostKey;
    example = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG..." ];
    description = ''
      Public host keys of {option}`services.zfs-replication.remoteHost`, as its
      `/etc/ssh/ssh_host_ed25519_key.pub` has them or `ssh-keyscan` shows them.
      Empty: {option}`programs.ssh.knownHosts` has to know the machine. A key that
      nobody vouched for is always refused.
    '';
  };

  privilege = option [ "privilege" ] {
    type = types.enum [
      "sudo"
      "none"
    ];
    description = ''
      How commands on the target that change something get the right to: `"sudo"`
      runs them under `sudo -n`, `"none"` as
      {option}`services.zfs-replication.remoteUser` is, that is root or a user
      with rights given by {command}`zfs allow`.
    '';
  };

  snapshots = {
    include = option [ "snapshots" "include" ] {
      type = types.listOf own.glob;
      example = [ "daily-*" ];
      description = "Names of the snapshots that are replicated, without the `@`.";
    };
    exclude = option [ "snapshots" "exclude" ] {
      type = types.listOf own.glob;
      example = [ "*-frequent-*" ];
      description = ''
        Names of the snapshots that are not, among those. An excluded snapshot
        that both machines have may still be what an increment is based on.
      '';
    };
  };

  initial = option [ "initial" ] {
    type = types.enum [
      "all"
      "latest"
    ];
    description = "What a first replication brings over: all snapshots or only the latest.";
  };

  intermediates = option [ "intermediates" ] {
    type = types.bool;
    description = "Whether snapshots between the last run's and the latest one are brought over, too.";
  };

  send = {
    raw = option [ "send" "raw" ] {
      type = types.enum [
        "auto"
        "always"
        "never"
      ];
      description = ''
        Which datasets are sent as they lie on the disk ({command}`zfs send -w`):
        `"auto"` the encrypted ones, so that the target needs no key and learns no
        secret.
      '';
    };
    compressed = option [ "send" "compressed" ] {
      type = types.bool;
      description = "Whether blocks travel compressed as they are ({command}`zfs send -c`).";
    };
    largeBlocks = option [ "send" "largeBlocks" ] {
      type = types.bool;
      description = "Whether blocks larger than 128 KiB stay whole ({command}`zfs send -L`).";
    };
    embedded = option [ "send" "embedded" ] {
      type = types.bool;
      description = "Whether tiny blocks stay embedded ({command}`zfs send -e`).";
    };
    properties = option [ "send" "properties" ] {
      type = types.bool;
      description = ''
        Whether the source's properties go along ({command}`zfs send -p`). What
        would mount, share or limit the replica, hand it to a container
        (`zoned`), have it snapshotted, or decide how the machine over there works
        (`dedup`, `sync`, `volmode`, `snapdev`) does not take effect there, but a
        restore finds it: {command}`zfs inherit -S`.
      '';
    };
  };

  receive = {
    properties = option [ "receive" "properties" ] {
      type = types.attrsOf types.str;
      example = {
        compression = "zstd";
        atime = "off";
      };
      description = ''
        Properties that are set on the replica. One that has others, since another
        tool made it or these have changed, is given them, too, visibly in the plan.
      '';
    };
    readonly = option [ "receive" "readonly" ] {
      type = types.bool;
      description = ''
        Whether the replica is read-only. One that another tool left writable is made
        so, but not one that somebody made writable, or that is mounted: it may be in
        use since a failover, and the plan says how it becomes a replica again.
      '';
    };
  };

  onModified = option [ "onModified" ] {
    type = types.enum [
      "auto"
      "rollback"
      "refuse"
    ];
    description = ''
      What happens to a replica that was written to since its newest snapshot, where no
      snapshot would be lost: `"rollback"` undoes what was written, `"refuse"`
      leaves it to a person, `"auto"` undoes it where the replica is still
      read-only. A replica that somebody made writable may be in use.
    '';
  };

  onDiverged = option [ "onDiverged" ] {
    type = types.enum [
      "refuse"
      "rollback"
    ];
    description = ''
      What happens to a replica that has newer snapshots of its own: `"refuse"`
      leaves it to a person, `"rollback"` destroys them. Each one is listed in the plan.
    '';
  };

  bookmarks = option [ "bookmarks" ] {
    type = types.bool;
    description = ''
      Whether a bookmark of what has arrived is left on the source, so that the
      next increment is possible even after the source has lost the snapshot.
    '';
  };

  retention = {
    source = option [ "retention" "source" ] {
      type = types.nullOr policy;
      example = {
        match = [ "daily-*" ];
        within = "30d";
      };
      description = ''
        Which snapshots stay on this machine. `null` destroys none. A snapshot
        that matches and that no rule keeps is destroyed, unless an increment
        still needs it or something holds it.
      '';
    };
    target = option [ "retention" "target" ] {
      type = types.nullOr policy;
      example = {
        match = [ "daily-*" ];
        daily = 30;
        monthly = 12;
      };
      description = "The same for the replica, with the same rules.";
    };
  };

  limits = {
    bandwidth = option [ "limits" "bandwidth" ] {
      type = types.nullOr (types.coercedTo types.ints.positive toString own.bandwidth);
      example = "50M";
      description = "The most bytes per second that a run sends. `null`: as many as it can.";
    };
    parallel = option [ "limits" "parallel" ] {
      # More than an ssh server takes over one connection.
      type = types.ints.between 1 8;
      description = ''
        How many datasets are transferred at the same time, of those with much to
        transfer. Transfers of up to 16 MiB, where that is known beforehand, and other
        small steps cost round trips and little else: four of them are done at the
        same time whatever this says, and more if this is more.
      '';
    };
    destroy = option [ "limits" "destroy" ] {
      type = types.nullOr types.ints.unsigned;
      example = 100;
      description = ''
        The most snapshots that one run may destroy. A plan that would destroy
        more destroys none and asks for a person. `null`: no limit.
      '';
    };
  };

  timeouts = {
    connect = option [ "timeouts" "connect" ] {
      type = own.duration;
      description = "How long connecting may take.";
    };
    stall = option [ "timeouts" "stall" ] {
      type = own.duration;
      description = "A transfer that moves no byte for so long is ended and has failed.";
    };
  };
}
// import ./service.nix { inherit lib own option; }
