# Option values -> everything the machine gets: config JSON, systemd units,
# logrotate and tmpfiles entries. Builtins only, so that a plain `nix eval`
# without nixpkgs renders what NixOS would run: that is what the virtual machines
# of tests/vm boot, what tests/golden holds, and what nix/check judges.
#
# `services` and `timers` are in the shape of NixOS's options and go there;
# `files` is the same as text, path by path.
{
  # Values of services.zfs-replication, complete or as somebody wrote them.
  cfg,
  # The program, and where its zfs is found: prefixes of bin and sbin.
  zfsrep ? "/usr/bin/zfsrep",
  zfsPath ? [
    "/usr"
    ""
  ],
  # The zfs of units that give rights, and the one that sudo finds for a user.
  zfs ? "/usr/sbin/zfs",
  sudoZfs ? zfs,
  sh ? "/bin/sh",
  systemctl ? "/usr/bin/systemctl",
  timeout ? "/usr/bin/timeout",
}:
let
  complete = import ./pure/complete.nix cfg;
  config = import ./pure/config.nix;
  text = import ./pure/text.nix;
  units = import ./pure/units.nix;

  allow = import ./pure/allow.nix;
  rights = import ./pure/rights.nix;
  sudo = import ./pure/sudo.nix;

  inherit (complete)
    jobs
    log
    autoSnapshot
    sources
    ;
  names = builtins.attrNames jobs;

  mapNames =
    nameOf: f: set:
    builtins.listToAttrs (
      map (n: {
        name = nameOf n;
        value = f n set.${n};
      }) (builtins.attrNames set)
    );

  etc = "/etc/zfs-replication";
  whole = "config.json";

  # Every file is about every job: the planner must know what the other jobs
  # still need of a dataset that several of them replicate, or one job's pruning
  # would break another's chain. A service picks its own job with --job, and
  # reads config.json unless its log is elsewhere.
  fileOf = job: if logOf jobs.${job} == log then whole else "${job}.json";

  # Rights of jobs that do not run as root.
  grants = allow.merge (
    builtins.concatMap allow.jobGrants (builtins.attrValues jobs)
    ++ (if autoSnapshot.enable then allow.snapshotGrants { inherit (complete) user jobs; } else [ ])
  );

  # Units of the receiving half, where there is something to do: a pool is its own
  # place, and sudo's rights are files.
  receiving =
    mapNames (n: if n == "default" then "zfs-replication-target" else "zfs-replication-target-${n}")
      (_: target: rights.target { inherit target zfs sh; })
      (
        builtins.removeAttrs sources (
          builtins.filter (n: !rights.hasUnit sources.${n}) (builtins.attrNames sources)
        )
      );

  # One log file has one owner. A job of another user logs to the journal alone.
  logOf = job: if job.user == complete.user then log else log // { file = null; };

  configs =
    (
      if complete.sends then
        {
          ${whole} = config complete;
        }
      else
        { }
    )
    // mapNames fileOf (_: job: config (complete // { log = logOf job; })) jobs;

  replication = builtins.mapAttrs (
    name: job:
    units.replication {
      inherit
        name
        job
        zfsrep
        zfsPath
        systemctl
        sh
        ;
      log = logOf job;
      configFile = "${etc}/${fileOf name}";
      only = names != [ name ];
      metrics =
        if complete.metricsDirectory == null then
          null
        else
          "${complete.metricsDirectory}/${units.unitName name}.prom";
    }
  ) jobs;

  snapshot = units.snapshot {
    inherit (complete)
      user
      retry
      onFailure
      onSuccess
      ;
    inherit
      autoSnapshot
      log
      zfsrep
      zfsPath
      systemctl
      sh
      ;
    configFile = "${etc}/${whole}";
  };

  unitsOf =
    kind:
    mapNames units.unitName (_: u: u.${kind}) replication
    // (
      if autoSnapshot.enable && complete.sends then
        {
          zfsrep-snapshot = snapshot.${kind};
        }
      else
        { }
    );

  # Root's file with root's users; another user's group may write to it.
  logMode =
    if complete.user == "root" then
      {
        mode = "0640";
        user = "root";
        group = "root";
      }
    else
      {
        mode = "0660";
        user = "root";
        group = complete.user;
      };

  switchCheck =
    if complete.checkSwitch.enable && complete.sends then
      import ./pure/switch.nix {
        inherit (complete.checkSwitch) seconds;
        inherit
          zfsrep
          zfsPath
          timeout
          sh
          ;
      }
    else
      null;

  ifLog = set: if log.file == null || !complete.sends then { } else set;

  sudoRules = map (
    s:
    sudo {
      inherit (s)
        user
        place
        appendOnly
        properties
        ;
      zfs = sudoZfs;
    }
  ) (builtins.filter (s: s.privilege == "sudo") (builtins.attrValues sources));
  sudoers = builtins.concatStringsSep "\n" (map (r: r.text) sudoRules);

  # User -> lines of authorized_keys. `restrict`: no terminal, no forwarding,
  # whatever sshd's settings are.
  authorizedKeys = builtins.mapAttrs (
    _: list: builtins.concatMap (s: map (k: "restrict ${k}") s.authorizedKeys) list
  ) (builtins.groupBy (s: s.user) (builtins.attrValues sources));

  # zfsrep opens its log anew at each run. So the file is moved away and made
  # again: a run that is under way writes on to the old one, which is not
  # compressed before its second day, and no line is lost (copytruncate loses
  # those that fall between its two steps).
  logrotate = ifLog {
    ${log.file} = {
      frequency = "daily";
      rotate = log.keep;
      compress = true;
      delaycompress = true;
      missingok = true;
      notifempty = true;
      create = "${logMode.mode} ${logMode.user} ${logMode.group}";
    };
  };

  # There from the start, so that people can follow it before the first run, and
  # writable for a user who may not make files in /var/log.
  tmpfiles = ifLog {
    ${log.file}.f = logMode;
  };

  services =
    unitsOf "service"
    // receiving
    // (
      if grants == [ ] then
        { }
      else
        {
          zfsrep-rights = rights.jobs { inherit grants zfs; };
        }
    );
  timers = unitsOf "timer";
in
{
  inherit
    configs
    services
    timers
    logrotate
    tmpfiles
    sudoers
    authorizedKeys
    switchCheck
    ;

  sudoRules = map (r: r.rule) sudoRules;

  config = configs.${whole};

  # Path -> text.
  files =
    mapNames (n: "${etc}/${n}") (_: text.json) configs
    // mapNames (n: "/etc/systemd/system/${n}.service") (_: text.service) services
    // mapNames (n: "/etc/systemd/system/${n}.timer") (_: text.timer) timers
    // ifLog {
      "/etc/logrotate.d/zfs-replication" = text.logrotate log.file logrotate.${log.file};
      "/etc/tmpfiles.d/zfs-replication.conf" = text.tmpfiles tmpfiles;
    }
    // mapNames (u: "/etc/ssh/authorized_keys.d/${u}") (
      _: keys: builtins.concatStringsSep "\n" keys + "\n"
    ) authorizedKeys
    // (
      if sudoers == "" then
        { }
      else
        {
          "/etc/sudoers.d/zfs-replication" = sudoers;
        }
    )
    // (
      if switchCheck == null then
        { }
      else
        {
          "/usr/local/sbin/zfs-replication-check-switch" = switchCheck;
        }
    );
}
