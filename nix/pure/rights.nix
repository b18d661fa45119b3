# Units that give rights, in the shape of units.nix.
let
  allow = import ./allow.nix;
  hardening = import ./hardening.nix;

  isPool = place: builtins.match "[^/]*" place != null;

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
  hasUnit = target: target.privilege == "none" || !isPool target.place;

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
  # taken as it is; a dataset below one is made if it is not there. What is there
  # already is somebody's, so it is looked at and never changed.
  target =
    {
      target,
      zfs,
      sh,
    }:
    let
      # Replicas inherit it: they are not mounted, and zfs-auto-snapshot, which may
      # be told so for the whole pool, takes no snapshots of its own.
      quiet = {
        canmount = "off";
        mountpoint = "none";
        "com.sun:auto-snapshot" = "false";
      };
      names = builtins.attrNames quiet;
      join = builtins.concatStringsSep;
      assign = prefix: set: join " " (map (n: "${prefix}${n}=${set.${n}}") (builtins.attrNames set));
      # And should one ever be mounted, nothing in it is run or set-uid.
      new = quiet // {
        setuid = "off";
        devices = "off";
        exec = "off";
      };
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
      after = [ "zfs.target" ];
      wantedBy = [ "multi-user.target" ];
      serviceConfig = base.serviceConfig // {
        ExecStart =
          (
            if isPool target.place then
              [ ]
            else
              [
                "${zfs} create -p -u ${assign "-o " new} ${allow.word target.place}"
                (
                  ''${sh} -c "set -- $$(${zfs} get -H -o value ${join "," names} '${target.place}'); ''
                  + ''test \"$$*\" = '${join " " (map (n: quiet.${n}) names)}' || ''
                  + ''{ echo '${target.place} was there before and is not as a place has to be, or replicas could be mounted or snapshotted on this machine. ''
                  + ''If nothing else in it needs that: zfs set -u ${assign "" quiet} ${target.place}' >&2; exit 1; }"''
                )
              ]
          )
          ++ map (g: "${zfs} ${allow.allow g}") grants;
        ExecStop = map (g: "-${zfs} ${allow.unallow g}") grants;
      };
    };
}
