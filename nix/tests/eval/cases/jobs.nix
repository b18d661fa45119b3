# Jobs and what they take from the flat options.
{
  lib,
  evaluate,
  seed,
  render,
  of,
  service,
  json,
  job,
  ...
}:
{
  "a job takes what it does not say from the flat options" =
    let
      e = of {
        limits.bandwidth = "1M";
        jobs.offsite = {
          remotePool = "vault";
          limits.parallel = 4;
        };
      };
      offsite = (json e).jobs.offsite;
    in
    {
      is = {
        inherit (offsite) remoteHost remotePool limits;
        datasets = map (d: d.name) offsite.datasets;
        units = lib.attrNames e.config.systemd.timers;
        etc = lib.attrNames e.config.environment.etc;
        command = (service e "zfs-replication-offsite").serviceConfig.ExecStart;
      };
      want = {
        remoteHost = "192.168.1.15";
        remotePool = "vault";
        limits = {
          bandwidth = "1M";
          parallel = 4;
          destroy = null;
        };
        datasets = seed.datasets;
        units = [
          "zfs-replication"
          "zfs-replication-offsite"
        ];
        etc = [ "zfs-replication/config.json" ];
        command = "/zfsrep/bin/zfsrep run --config /etc/zfs-replication/config.json --job offsite";
      };
    };
  "every file has every job, and a job with a log of its own has a file of its own" =
    let
      r = render {
        cfg = seed // {
          jobs.offsite = {
            remotePool = "vault";
            user = "backup";
          };
        };
      };
    in
    {
      is = lib.mapAttrs (_: c: lib.attrNames c.jobs) r.configs;
      want = {
        "config.json" = [
          "default"
          "offsite"
        ];
        "offsite.json" = [
          "default"
          "offsite"
        ];
      };
    };
  "jobs without flat datasets: there is no default job" = {
    is =
      lib.attrNames
        (evaluate {
          services.zfs-replication = {
            enable = true;
            jobs.a = {
              remotePool = "vault";
              datasets = [ "tank" ];
            };
          };
        }).config.systemd.services;
    want = [ "zfs-replication-a" ];
  };
  "a job that is not enabled leaves nothing behind" = {
    is =
      lib.attrNames
        (of {
          jobs.offsite.enable = false;
        }).config.systemd.services;
    want = [ "zfs-replication" ];
  };
  "a dataset's exceptions" = {
    is =
      (job (of {
        datasets = [
          {
            name = "tank/a";
            recursive = false;
            target = "vault/a";
          }
        ];
      })).datasets;
    want = [
      {
        name = "tank/a";
        recursive = false;
        exclude = [ ];
        target = "vault/a";
      }
    ];
  };
  "a retention policy without its unset rules" = {
    is =
      (job (of {
        retention.target = {
          match = [ "daily-*" ];
          daily = 30;
        };
      })).retention;
    want = {
      source = null;
      target = {
        match = [ "daily-*" ];
        daily = 30;
      };
    };
  };
}
