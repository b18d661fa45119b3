# services.zfs-replication: options only. What they lead to is in module.nix.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  defaults = import ../pure/defaults.nix;
  own = import ./types.nix { inherit lib; };
  cfg = config.services.zfs-replication;

  jobOptions =
    from: inherited:
    import ./job.nix {
      inherit
        lib
        defaults
        from
        inherited
        ;
    };
in
{
  options.services.zfs-replication = jobOptions (defaults.job // defaults.service) false // {
    enable = lib.mkEnableOption "replication of ZFS datasets to another machine or pool";

    # From the overlay, or made here.
    package =
      lib.mkPackageOption { zfsrep = pkgs.zfsrep or (pkgs.callPackage ../package.nix { }); } "zfsrep"
        { };

    checkConfig = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether the config is checked by {command}`zfsrep check` while the system
        is built, so that a wrong one never gets as far as a machine.
      '';
    };

    checkSwitch = {
      enable = mkOption {
        type = types.bool;
        default = defaults.checkSwitch.enable;
        description = ''
          Whether a switch (`nixos-rebuild switch`, `boot` and `test`) first shows
          what it changes: which datasets begin or stop being replicated, what
          would be destroyed that was kept before, which replicas become orphans.
          It runs {command}`zfsrep plan --against` with the running system's config
          and the new one, by read-only commands on both machines.

          The switch is refused when the new config would destroy more than
          {option}`services.zfs-replication.limits.destroy`, or leaves a replica
          behind as an orphan. Another machine that is away is no reason to refuse.
          `NIXOS_NO_CHECK=1` in the environment passes this check by, and all others
          of its kind.

          A configuration that has no replication at all any more has no check
          either.
        '';
      };
      seconds = mkOption {
        type = types.ints.positive;
        default = defaults.checkSwitch.seconds;
        description = "How long the look at both machines may take. The switch goes on without it after that.";
      };
    };

    jobs = mkOption {
      type = types.attrsOf (
        types.submodule {
          options = jobOptions cfg true // {
            enable = mkOption {
              type = types.bool;
              default = true;
              description = "Whether this job exists.";
            };
          };
        }
      );
      default = { };
      example = lib.literalExpression ''
        {
          offsite = {
            remoteHost = "backup.example.org";
            remotePool = "vault/kraken";
            schedule = "Sun 12:00";
          };
        }
      '';
      description = ''
        Jobs by name. Each one takes what it does not say from the options of the
        same name outside of `jobs`, which are a job of their own, `default`, as
        soon as {option}`services.zfs-replication.datasets` is set.

        A job's units are `zfs-replication-<name>.service` and `.timer`, those of
        `default` are `zfs-replication.service` and `.timer`.
      '';
    };

    log = {
      file = mkOption {
        type = types.nullOr own.path;
        default = defaults.log.file;
        description = "Log file, beside the journal. `null`: the journal alone.";
      };
      level = mkOption {
        type = types.enum [
          "error"
          "warn"
          "info"
          "debug"
        ];
        default = defaults.log.level;
        description = "How much is logged.";
      };
      keep = mkOption {
        type = types.ints.positive;
        default = defaults.log.keep;
        description = "How many days of the log file are kept: it is rotated daily.";
      };
    };

    metricsDirectory = mkOption {
      type = types.nullOr own.path;
      default = defaults.metricsDirectory;
      example = "/var/lib/prometheus-node-exporter";
      description = ''
        Folder of the textfile collector of Prometheus' node exporter. Each job
        leaves a file there: when it last succeeded, how far its replicas are
        behind, what is in conflict. `null`: none.
      '';
    };

    autoSnapshot = {
      enable = mkOption {
        type = types.bool;
        default = defaults.autoSnapshot.enable;
        description = ''
          Whether zfsrep itself takes snapshots of what it replicates, for
          machines where nothing else does ({option}`services.zfs.autoSnapshot`,
          {option}`services.sanoid.enable`).
        '';
      };
      prefix = mkOption {
        type = types.nonEmptyStr;
        default = defaults.autoSnapshot.prefix;
        description = "What their names begin with; the date follows.";
      };
      keep = mkOption {
        type = own.duration;
        default = defaults.autoSnapshot.keep;
        description = "How long they are kept on this machine.";
      };
      schedule = mkOption {
        type = types.nonEmptyStr;
        default = defaults.autoSnapshot.schedule;
        description = "When they are taken, as in {option}`services.zfs-replication.schedule`.";
      };
    };
  };

  config = lib.mkIf (cfg.enable && cfg.datasets != [ ]) {
    services.zfs-replication.jobs.default = { };
  };
}
