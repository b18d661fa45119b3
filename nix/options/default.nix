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
