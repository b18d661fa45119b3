# services.zfs-replication: replicate this machine's datasets, and (target.nix)
# receive those of others.
#
# The options are in options/, what they must not contradict is in
# assertions.nix, and render.nix says what units and files they lead to. This file
# only carries the one to the other: units go to NixOS as attribute sets, and NixOS
# writes them. The line runs there: what render.nix has as text (pure/text.nix) is
# for machines without NixOS, and for the config files, which are the same there.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.zfs-replication;

  rendered = import ./render.nix {
    inherit cfg;
    zfsrep = lib.getExe cfg.package;
    # The zfs of the system that booted, not of the one that is configured: it has
    # to fit the kernel module that is loaded.
    zfsPath = [ "/run/booted-system/sw" ];
    zfs = "/run/booted-system/sw/bin/zfs";
    sh = pkgs.runtimeShell;
    systemctl = "${config.systemd.package}/bin/systemctl";
    timeout = "${pkgs.coreutils}/bin/timeout";
  };

  checked = import ./checked.nix {
    inherit lib pkgs;
    inherit (cfg) checkConfig package;
    files = lib.filterAttrs (path: _: lib.hasPrefix "/etc/zfs-replication/" path) rendered.files;
    calendars = map (t: t.timerConfig.OnCalendar) (lib.attrValues rendered.timers);
    spans = lib.concatMap (u: [
      u.serviceConfig.RestartSec
      u.unitConfig.StartLimitIntervalSec
    ]) (lib.filter (u: u ? path) (lib.attrValues rendered.services));
  };

  # What the renderer says is a default: systemd.services.<unit>.serviceConfig of
  # whoever knows better wins without force.
  soft = lib.mapAttrs (_: lib.mkDefault);

  service =
    u:
    u
    // {
      serviceConfig = soft u.serviceConfig;
      unitConfig = soft (u.unitConfig or { });
    }
    // lib.optionalAttrs (u ? path) {
      # What runs zfsrep depends on the checked config. Since restartIfChanged is
      # off there, a new config waits for the next run.
      restartTriggers = [ checked ];
    };

  timer = u: u // { timerConfig = soft u.timerConfig; };
in
{
  imports = [
    ./options
    ./assertions.nix
    ./target.nix
  ];

  config = lib.mkIf (cfg.enable || cfg.target.enable) {
    # Of a machine that only receives, the rest is empty.
    systemd.services = lib.mapAttrs (_: service) rendered.services;
    systemd.timers = lib.mapAttrs (_: timer) rendered.timers;
    systemd.tmpfiles.settings.zfs-replication = rendered.tmpfiles;
    services.logrotate.settings = rendered.logrotate;

    environment.etc = lib.mapAttrs' (
      name: _: lib.nameValuePair "zfs-replication/${name}" { source = "${checked}/${name}"; }
    ) rendered.configs;

    # The incoming system's own check, run before anything of it is activated. The
    # config that is in /etc then is still the running system's.
    system.preSwitchChecks = lib.mkIf (rendered.switchCheck != null) {
      zfs-replication = "${
        pkgs.writeTextFile {
          name = "zfs-replication-check-switch";
          text = rendered.switchCheck;
          executable = true;
        }
      } ${checked}/config.json";
    };

    # For `zfsrep plan` and `zfsrep status` by hand.
    environment.systemPackages = lib.mkIf cfg.enable [ cfg.package ];

    users =
      lib.mkIf (cfg.enable && lib.any (j: j.user == "zfs-replication") (lib.attrValues cfg.jobs))
        {
          users.zfs-replication = {
            isSystemUser = true;
            group = "zfs-replication";
            description = "Sends ZFS datasets to other machines";
          };
          groups.zfs-replication = { };
        };
  };
}
