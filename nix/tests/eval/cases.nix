# What each option does to the JSON and the units. A case holds when `is` equals
# `want`.
{
  lib,
  evaluate,
  complaints,
}:
let
  seed = import ../fixtures/seed.nix;
  render = import ../../render.nix;
  defaults = import ../../pure/defaults.nix;

  of = changes: evaluate { services.zfs-replication = seed // changes; };
  plain = of { };

  # What the module puts on the machine: the configs' texts, by name.
  script = e: (lib.head e.config.systemd.services.zfs-replication.restartTriggers).script;
  service = e: name: e.config.systemd.services.${name};
  unit = e: (service e "zfs-replication").serviceConfig;
  timer = e: e.config.systemd.timers.zfs-replication.timerConfig;

  # The rendering of what the module evaluated, by the module's own renderer.
  json = e: (render { cfg = e.config.services.zfs-replication; }).config;
  job = e: (json e).jobs.default;

  yes = is: {
    inherit is;
    want = true;
  };
in
{
  # --- One truth: the module and the plain renderer agree ---
  "the seed's JSON, through the module and without it" = {
    is = json plain;
    want = (render { cfg = seed; }).config;
  };
  "the seed's units, through the module and without it" = {
    is = lib.mapAttrs (_: u: u.serviceConfig) plain.config.systemd.services;
    want =
      lib.mapAttrs (_: u: u.serviceConfig)
        (render {
          cfg = seed;
          zfsrep = "/zfsrep/bin/zfsrep";
        }).services;
  };
  "a job of nothing but defaults, through the module and without it" =
    let
      cfg = {
        enable = true;
        remotePool = "tank";
        datasets = [ "a" ];
      };
    in
    {
      is = json (evaluate {
        services.zfs-replication = cfg;
      });
      want = (render { inherit cfg; }).config;
    };
  "every default of a job is written out" = {
    is = lib.attrNames (job plain);
    want = lib.attrNames defaults.job;
  };
  "the seed is right" = {
    is = complaints plain ++ plain.config.warnings;
    want = [ ];
  };

  # --- The units ---
  "the unit depends on the checked config" = yes (
    lib.hasInfix "/zfsrep/bin/zfsrep check --config $out/config.json" (script plain)
    && lib.hasInfix "cp /text/config.json/{" (script plain)
  );
  "checkConfig = false checks nothing" = yes (
    !(lib.hasInfix "check --config" (
      script (of {
        checkConfig = false;
      })
    ))
  );
  "the schedule is judged by systemd when the system is built" = yes (
    lib.hasInfix "systemd-analyze calendar '*-*-* 03:55:00'" (script plain)
  );
  "a run is not interrupted by a switch" = {
    is = (service plain "zfs-replication").restartIfChanged;
    want = false;
  };
  "the booted system's zfs" = {
    is = (service plain "zfs-replication").path;
    want = [ "/run/booted-system/sw" ];
  };
  "04:00, give or take 5 minutes" = {
    is = timer plain;
    want = {
      OnCalendar = "*-*-* 03:55:00";
      RandomizedDelaySec = 600;
      AccuracySec = "1s";
      Persistent = true;
    };
  };
  "a schedule just after midnight begins the day before" = {
    is =
      (timer (of {
        schedule = "00:02";
      })).OnCalendar;
    want = "*-*-* 23:57:00";
  };
  "any other calendar expression stays as it is" = {
    is = timer (of {
      schedule = "Mon..Fri 22:00";
      randomizedDelay = "1h";
      persistent = false;
    });
    want = {
      OnCalendar = "Mon..Fri 22:00";
      RandomizedDelaySec = 3600;
      AccuracySec = "1s";
      Persistent = false;
    };
  };
  "retries" =
    let
      s = service (of {
        retry = {
          delay = "1min";
          attempts = 5;
        };
      }) "zfs-replication";
    in
    {
      is = [
        s.serviceConfig.Restart
        s.serviceConfig.RestartSec
        s.serviceConfig.RestartPreventExitStatus
        s.unitConfig.StartLimitBurst
        s.unitConfig.StartLimitIntervalSec
      ];
      want = [
        "on-failure"
        "1min"
        "2 3"
        5
        "1h"
      ];
    };
  "a hook is told once, when systemd gives up" =
    let
      e = of { onFailure = [ "mail.service" ]; };
    in
    {
      is = [
        (service e "zfs-replication").onFailure
        (unit e).RestartMode
        (unit plain ? RestartMode)
      ];
      want = [
        [ "mail.service" ]
        "direct"
        false
      ];
    };
  "whoever knows better overrides a unit without force" =
    let
      e = evaluate {
        services.zfs-replication = seed;
        systemd.services.zfs-replication.serviceConfig.ProtectHome = "read-only";
      };
    in
    {
      is = (unit e).ProtectHome;
      want = "read-only";
    };

  # --- Secrets and the network ---
  "the key comes as a credential" = {
    is = [
      (unit plain).LoadCredential
      (service plain "zfs-replication").environment.ZFSREP_IDENTITY_FILE
      (unit plain).ProtectHome
    ];
    want = [
      "identity:/root/.ssh/id_ed25519"
      "%d/identity"
      true
    ];
  };
  "without identityFile ssh's own folder is readable, and nothing beside it" =
    let
      e = of { identityFile = null; };
    in
    {
      is = [
        (unit e ? LoadCredential)
        (unit e).ProtectHome
        (unit e).BindReadOnlyPaths
      ];
      want = [
        false
        "tmpfs"
        [ "-/root/.ssh" ]
      ];
    };
  "an address is all that the service can reach" = {
    is = [
      (unit plain).IPAddressDeny
      (unit plain).IPAddressAllow
    ];
    want = [
      "any"
      "192.168.1.15"
    ];
  };
  "a name may resolve to anything" = yes (
    !(
      unit (of {
        remoteHost = "box.example.org";
      }) ? IPAddressDeny
    )
  );
  "a target on this machine needs no network" =
    let
      e = of {
        remoteHost = null;
        remotePool = "backup";
        hostKeys = [ ];
      };
    in
    {
      is = [
        (complaints e)
        (unit e).PrivateNetwork
        (service e "zfs-replication").wants
      ];
      want = [
        [ ]
        true
        [ ]
      ];
    };
  "a job on this machine takes nothing of ssh from the flat options" =
    let
      e = of {
        jobs.mirror = {
          remoteHost = null;
          remotePool = "backup";
        };
      };
      mirror = (json e).jobs.mirror;
    in
    {
      is = [
        mirror.identityFile
        mirror.hostKeys
        mirror.remoteUser
        ((service e "zfs-replication-mirror").serviceConfig ? LoadCredential)
      ];
      want = [
        null
        [ ]
        "root"
        false
      ];
    };
  "host keys as people get at them" = {
    is = complaints (of {
      hostKeys = [
        "192.168.1.15 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBxZJKGHFE3d4yPRFkZkKFd6w0VPzUhF1bIo7Bl0vhB2"
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBxZJKGHFE3d4yPRFkZkKFd6w0VPzUhF1bIo7Bl0vhB2 root@box\n"
        "# 192.168.1.15:22 SSH-2.0-OpenSSH_10.0\n192.168.1.15 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBxZJKGHFE3d4yPRFkZkKFd6w0VPzUhF1bIo7Bl0vhB2\n"
      ];
    });
    want = [ ];
  };
  "metrics of each job go into a file of its own" =
    let
      e = of {
        metricsDirectory = "/var/lib/node-exporter";
        jobs.offsite.remotePool = "vault";
      };
    in
    {
      is = [
        (service e "zfs-replication").environment.ZFSREP_METRICS
        (service e "zfs-replication-offsite").environment.ZFSREP_METRICS
        (unit e).ReadWritePaths
      ];
      want = [
        "/var/lib/node-exporter/zfs-replication.prom"
        "/var/lib/node-exporter/zfs-replication-offsite.prom"
        [
          "-/var/log"
          "-/var/lib/node-exporter"
        ]
      ];
    };
  "programs.ssh.knownHosts vouches for a machine" = {
    is = complaints (evaluate {
      services.zfs-replication = seed // {
        hostKeys = [ ];
      };
      programs.ssh.knownHosts.box.hostNames = [ "192.168.1.15" ];
    });
    want = [ ];
  };

  # --- Jobs ---
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
        etc = [
          "zfs-replication/config.json"
          "zfs-replication/default.json"
          "zfs-replication/offsite.json"
        ];
        command = "/zfsrep/bin/zfsrep run --config /etc/zfs-replication/offsite.json";
      };
    };
  "a job's own file has that job alone" =
    let
      r = render {
        cfg = seed // {
          jobs.offsite.remotePool = "vault";
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
        "default.json" = [ "default" ];
        "offsite.json" = [ "offsite" ];
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

  # --- Log and snapshots ---
  "the log is rotated daily and kept for 14 days" = {
    is = plain.config.services.logrotate.settings."/var/log/zfs-replication.log";
    want = {
      frequency = "daily";
      rotate = 14;
      compress = true;
      delaycompress = true;
      missingok = true;
      notifempty = true;
      create = "0640 root root";
    };
  };
  "no log file, nothing to rotate" =
    let
      e = of { log.file = null; };
    in
    {
      is = [
        e.config.services.logrotate.settings
        (json e).log.file
        (unit e ? ReadWritePaths)
      ];
      want = [
        { }
        null
        false
      ];
    };
  "autoSnapshot has a timer of its own" =
    let
      e = of { autoSnapshot.enable = true; };
    in
    {
      is = [
        (service e "zfsrep-snapshot").serviceConfig.ExecStart
        e.config.systemd.timers.zfsrep-snapshot.timerConfig.OnCalendar
        (json e).autoSnapshot
      ];
      want = [
        "/zfsrep/bin/zfsrep snapshot --config /etc/zfs-replication/config.json"
        "*-*-* 03:00:00"
        {
          enable = true;
          prefix = "daily-";
          keep = "30d";
        }
      ];
    };

  # --- A user of its own ---
  "rights are given while a job runs, and all at once" =
    let
      e = of { user = "zfs-replication"; };
      rights = service e "zfsrep-rights";
      run = service e "zfs-replication";
    in
    {
      is = {
        inherit (rights) unitConfig;
        first = lib.head rights.serviceConfig.ExecStart;
        count = lib.length rights.serviceConfig.ExecStart;
        inherit (run) requires;
        capabilities = run.serviceConfig.CapabilityBoundingSet;
        user = e.config.users.users ? zfs-replication;
      };
      want = {
        unitConfig.StopWhenUnneeded = true;
        first = "-/run/booted-system/sw/bin/zfs allow -u zfs-replication send,hold,bookmark,destroy tank/services";
        count = 5;
        requires = [ "zfsrep-rights.service" ];
        capabilities = "";
        user = true;
      };
    };
  "two jobs on one dataset: one grant with the rights of both" =
    let
      r = render {
        cfg = seed // {
          user = "a";
          datasets = [ "tank/a" ];
          bookmarks = false;
          jobs.offsite = {
            remotePool = "vault";
            retention.source.daily = 7;
          };
        };
      };
    in
    {
      is = r.services.zfsrep-rights.serviceConfig.ExecStop;
      want = [ "-/usr/sbin/zfs unallow -u a send,hold,destroy,mount tank/a" ];
    };
  "rights without bookmarks and pruning are two" =
    let
      r = render {
        cfg = seed // {
          user = "a";
          datasets = [ "tank/a" ];
          bookmarks = false;
        };
      };
    in
    {
      is = r.services.zfsrep-rights.serviceConfig.ExecStart;
      want = [ "-/usr/sbin/zfs allow -u a send,hold tank/a" ];
    };

  # --- The receiving half ---
  "a target has a user, keys and rules, and nothing of a source" =
    let
      e = evaluate {
        services.openssh.enable = true;
        services.zfs-replication = import ../fixtures/target.nix;
      };
    in
    {
      is = {
        wrong = complaints e;
        units = lib.attrNames e.config.systemd.services ++ lib.attrNames e.config.systemd.timers;
        etc = e.config.environment.etc;
        packages = e.config.environment.systemPackages;
        keys = e.config.users.users.box.openssh.authorizedKeys.keys;
        system = e.config.users.users.box.isSystemUser;
        rules = lib.hasInfix "box ALL=(root) NOPASSWD: /run/current-system/sw/bin/zfs ^rollback tank(" e.config.security.sudo.extraConfig;
      };
      want = {
        wrong = [ ];
        units = [ "zfs-replication-target" ];
        etc = { };
        packages = [ ];
        keys = map (k: "restrict ${k}") (import ../fixtures/target.nix).target.authorizedKeys;
        system = true;
        rules = true;
      };
    };
  "a key may come from a file, newline and all" =
    let
      receiver = import ../fixtures/target.nix;
      e = evaluate {
        services.openssh.enable = true;
        services.zfs-replication.target = receiver.target // {
          authorizedKeys = map (k: k + "\n") receiver.target.authorizedKeys;
        };
      };
    in
    {
      is = e.config.users.users.box.openssh.authorizedKeys.keys;
      want = map (k: "restrict ${k}") receiver.target.authorizedKeys;
    };
  "a user who is somebody already stays so" =
    let
      e = evaluate {
        services.openssh.enable = true;
        services.zfs-replication = import ../fixtures/target.nix;
        users.users.box.isNormalUser = true;
      };
    in
    {
      is = e.config.users.users.box.isSystemUser;
      want = false;
    };
  "both halves on one machine" =
    let
      e = evaluate {
        services.openssh.enable = true;
        services.zfs-replication = seed // {
          inherit (import ../fixtures/target.nix) target;
        };
      };
    in
    {
      is = [
        (complaints e)
        (lib.attrNames e.config.systemd.services)
      ];
      want = [
        [ ]
        [
          "zfs-replication"
          "zfs-replication-target"
        ]
      ];
    };
  "append-only: no rule destroys, rolls back or replaces" =
    let
      rules = (render { cfg = import ../fixtures/target-rights.nix; }).sudoers;
    in
    {
      is = map (w: lib.hasInfix w rules) [
        "destroy"
        "rollback"
        "-F"
        "receive"
      ];
      want = [
        false
        false
        false
        true
      ];
    };
}
