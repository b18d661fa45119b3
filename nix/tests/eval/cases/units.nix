# What systemd is told.
{
  lib,
  evaluate,
  seed,
  of,
  plain,
  script,
  service,
  unit,
  timer,
  yes,
  ...
}:
{
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
  "a switch is not looked at unless it is asked for" = {
    is = plain.config.system.preSwitchChecks;
    want = { };
  };
  "a switch is looked at with the incoming system's own program and config" =
    let
      check =
        (of {
          checkSwitch.enable = true;
        }).config.system.preSwitchChecks.zfs-replication;
    in
    yes (
      lib.hasSuffix " /built/zfs-replication-config/config.json" check
      && lib.hasInfix "/coreutils/bin/timeout --kill-after=10 120 /zfsrep/bin/zfsrep plan --against" check
      && lib.hasInfix "PATH=\"/run/booted-system/sw/bin:" check
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
}
