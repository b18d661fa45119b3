# Complete option values -> systemd units, as attribute sets in the shape of
# NixOS's systemd.services.<name> and systemd.timers.<name>. text.nix writes the
# same sets as files for machines without NixOS.
let
  hardening = import ./hardening.nix;
  time = import ./time.nix;

  # What takes snapshots: if it is due at the same moment (after a boot that
  # catches up with everything missed, say), its snapshot goes along.
  snapshotTakers = [
    "zfsrep-snapshot.service"
    "zfs-snapshot-frequent.service"
    "zfs-snapshot-hourly.service"
    "zfs-snapshot-daily.service"
    "zfs-snapshot-weekly.service"
    "zfs-snapshot-monthly.service"
    "sanoid.service"
  ];

  # "192.168.1.15" and "fd00::15", but no names: only they can be told to the
  # kernel's packet filter beforehand.
  isAddress =
    host:
    builtins.match "[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+" host != null
    || builtins.match "[0-9a-fA-F]*:[0-9a-fA-F:.]*" host != null;

  addressesOf =
    host:
    if host == null then
      [ ]
    else if isAddress host then
      [ host ]
    else
      null;

  # The folder, not the file: a log that somebody removed is made again.
  folderOf = file: if file == null then [ ] else [ (builtins.dirOf file) ];

  # What every service of ours has.
  service =
    {
      user,
      retry,
      onFailure,
      onSuccess,
      zfsPath,
      systemctl,
      sh,
    }:
    let
      # A folder has one owner.
      own = if user == "root" then "zfsrep" else "zfsrep-${user}";
      rights = if user == "root" then [ ] else [ "zfsrep-rights.service" ];
    in
    {
      requires = rights;
      # What gives the rights comes first, and goes last.
      after = [ "zfs.target" ] ++ rights;
      inherit onFailure onSuccess;
      unitConfig = {
        StartLimitIntervalSec = retry.within;
        StartLimitBurst = retry.attempts;
      };
      path = zfsPath;
      # A stopped transfer resumes, but not to stop it is better still.
      restartIfChanged = false;
      serviceConfig = {
        Type = "oneshot";
        User = user;
        # A first replication may take days. zfsrep ends what makes no progress by
        # itself (the option timeouts.stall), and while something moves it tells
        # systemd to go on waiting. Should zfsrep itself be stuck, it is ended, and
        # its locks with it. (A oneshot service has no WatchdogSec=.)
        TimeoutStartSec = "1h";
        NotifyAccess = "main";
        # Locks. They outlive the service so that a run by hand meets them, too.
        RuntimeDirectory = own;
        RuntimeDirectoryMode = "0755";
        RuntimeDirectoryPreserve = true;
        StateDirectory = own;
        StateDirectoryMode = "0750";
        Restart = "on-failure";
        RestartSec = retry.delay;
        # 2: the config is wrong. 3: a dataset needs a person's decision. The same
        # run again would only end the same way.
        RestartPreventExitStatus = "2 3";
        # systemd counts every start against StartLimitBurst=, and a timer that fires
        # each quarter of an hour would be refused the fourth good run. What counts
        # here is what is tried again; any other end begins the count anew. (It also
        # forgets how the run ended, which the exit status says once more.)
        ExecStopPost = ''+${sh} -c "case $$EXIT_STATUS in 0 | 2 | 3) ${systemctl} reset-failed %n; exit $$EXIT_STATUS ;; esac"'';
      }
      // (
        # With a hook: tell it once, when systemd gives up, not at each attempt.
        if onFailure == [ ] then
          { }
        else
          {
            RestartMode = "direct";
          }
      );
    };
in
{
  inherit isAddress;

  unitName = job: if job == "default" then "zfs-replication" else "zfs-replication-${job}";

  replication =
    {
      name,
      job,
      log,
      zfsrep,
      zfsPath,
      configFile,
      systemctl,
      sh,
      only, # there are other jobs in the file
      # File for Prometheus, or null.
      metrics,
    }:
    let
      remote = job.remoteHost != null;
      base = service {
        inherit (job)
          user
          retry
          onFailure
          onSuccess
          ;
        inherit zfsPath systemctl sh;
      };
      # Where ssh's own files are needed, because the options name no others.
      sshFiles =
        if !remote || job.user != "root" then
          [ ]
        else if job.identityFile == null then
          [ "/root/.ssh" ]
        else if job.hostKeys == [ ] then
          [ "/root/.ssh/known_hosts" ]
        else
          [ ];
    in
    {
      service = base // {
        description =
          if remote then
            "ZFS replication to ${job.remoteHost} (job ${name})"
          else
            "ZFS replication to ${toString job.remotePool} on this machine (job ${name})";
        wants = if remote then [ "network-online.target" ] else [ ];
        after = base.after ++ (if remote then [ "network-online.target" ] else [ ]) ++ snapshotTakers;
        environment =
          (
            if job.identityFile == null then
              { }
            else
              {
                # %d is where systemd puts the credential; it wins over the JSON's
                # identityFile, which keeps the path that a person would use.
                ZFSREP_IDENTITY_FILE = "%d/identity";
              }
          )
          // (
            if metrics == null then
              { }
            else
              {
                ZFSREP_METRICS = metrics;
              }
          );
        serviceConfig =
          base.serviceConfig
          // hardening {
            inherit (job) user;
            addresses = addressesOf job.remoteHost;
            writes = folderOf log.file ++ folderOf metrics;
            homeReads = sshFiles;
          }
          // {
            ExecStart = "${zfsrep} run --config ${configFile}${if only then " --job ${name}" else ""}";
          }
          // (
            if job.identityFile == null then
              { }
            else
              {
                LoadCredential = "identity:${job.identityFile}";
              }
          );
      };
      timer = {
        description = "Time of the ZFS replication (job ${name})";
        timerConfig = time.timer { inherit (job) schedule randomizedDelay persistent; };
        wantedBy = [ "timers.target" ];
      };
    };

  snapshot =
    {
      user,
      retry,
      onFailure,
      onSuccess,
      autoSnapshot,
      log,
      zfsrep,
      zfsPath,
      configFile,
      systemctl,
      sh,
    }:
    let
      base = service {
        inherit
          user
          retry
          onFailure
          onSuccess
          zfsPath
          systemctl
          sh
          ;
      };
    in
    {
      service = base // {
        description = "ZFS snapshots of what zfsrep replicates";
        serviceConfig =
          base.serviceConfig
          // hardening {
            inherit user;
            addresses = [ ];
            writes = folderOf log.file;
          }
          // {
            ExecStart = "${zfsrep} snapshot --config ${configFile}";
          };
      };
      timer = {
        description = "Time of the ZFS snapshots of what zfsrep replicates";
        timerConfig = time.timer {
          inherit (autoSnapshot) schedule;
          randomizedDelay = "0s";
          persistent = true;
        };
        wantedBy = [ "timers.target" ];
      };
    };
}
