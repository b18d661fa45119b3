# Units that give rights, in the shape of units.nix.
let
  allow = import ./allow.nix;
  hardening = import ./hardening.nix;

  base = {
    serviceConfig = {
      Type = "oneshot";
      User = "root";
      RemainAfterExit = true;
    }
    // hardening {
      user = "root";
      addresses = [ ];
    };
  };
in
{
  # Rights of the jobs that do not run as root. The unit is there while any such
  # job runs, however many there are: systemd counts them (StopWhenUnneeded=), so
  # no job takes away what another one still needs, and between the runs nobody has
  # any rights.
  jobs =
    { grants, zfs }:
    base
    // {
      description = "Rights of the users who replicate ZFS datasets";
      after = [ "zfs.target" ];
      unitConfig.StopWhenUnneeded = true;
      restartIfChanged = false;
      serviceConfig = base.serviceConfig // {
        # "-": a dataset that is missing is one job's conflict, not everybody's.
        ExecStart = map (g: "-${zfs} ${allow.allow g}") grants;
        ExecStop = map (g: "-${zfs} ${allow.unallow g}") grants;
      };
    };

  # The place where replicas land, and the rights of who sends them. A pool is
  # taken as it is; a dataset below one is made if it is not there, never mounted,
  # and what it holds neither runs nor is set-uid should it ever be.
  target =
    {
      target,
      zfs,
      sh,
    }:
    let
      isPool = builtins.match "[^/]*" target.place != null;
      place = allow.word target.place;
      grants =
        if target.privilege == "none" then
          [
            {
              inherit (target) user;
              dataset = target.place;
              local = false;
              rights = allow.targetRights { inherit (target) appendOnly properties; };
            }
          ]
        else
          [ ];
    in
    base
    // {
      description = "Place and rights of the ZFS datasets that others send";
      # Before anything is mounted, for the last of what it starts. zfs-mount.service
      # is itself before local-fs.target, so nothing may draw in what comes after that:
      # neither sysinit.target (as every service does by default) nor a /tmp of its
      # own (systemd-tmpfiles-setup.service).
      after = [
        "zfs-import.target"
        # Where NixOS makes its users by a unit.
        "systemd-sysusers.service"
        "userborn.service"
      ];
      before = [
        "zfs-mount.service"
        "shutdown.target"
      ];
      conflicts = [ "shutdown.target" ];
      wantedBy = [ "multi-user.target" ];
      unitConfig.DefaultDependencies = false;
      serviceConfig = base.serviceConfig // {
        PrivateTmp = false;
        ExecStart =
          (
            if isPool then
              [ ]
            else
              [
                "${zfs} create -p -u -o canmount=off -o mountpoint=none -o setuid=off -o devices=off -o exec=off ${place}"
              ]
          )
          ++ map (g: "${zfs} ${allow.allow g}") grants
          # A stream may bring a mountpoint along, and whoever has the key may send any
          # stream: at the next boot it would lie over /etc. zfsrep itself sets none on
          # every replica. What a person has set since (a failover) is not "received",
          # and `zfs inherit -S mountpoint` still finds what was.
          ++ [
            ''-${sh} -c "${zfs} get -H -r -s received -t filesystem -o name mountpoint '${target.place}' | while IFS= read -r d; do ${zfs} set -u mountpoint=none \"$$d\"; done"''
          ];
        ExecStop = map (g: "-${zfs} ${allow.unallow g}") grants;
      };
    };
}
