# What Nix can see to be wrong, said before anything is built. What takes
# zfsrep's own knowledge is said by checked.nix, and what takes a look at both
# machines by `zfsrep plan`.
{ config, lib, ... }:
let
  cfg = config.services.zfs-replication;
  prefix = "services.zfs-replication";

  jobs = lib.filterAttrs (_: j: j.enable) cfg.jobs;

  # The option as its owner wrote it: the default job's are the flat ones.
  opt = job: path: if job == "default" then "${prefix}.${path}" else "${prefix}.jobs.${job}.${path}";

  places = import ./places.nix { inherit lib; } jobs;

  # programs.ssh.knownHosts vouches for the machine, under one of its names: that is
  # /etc/ssh/ssh_known_hosts. programs.ssh.knownHostsFiles are other files, which
  # only ssh itself reads.
  isKnown =
    j:
    lib.any (
      known:
      lib.any (
        name: name == j.remoteHost || name == "[${j.remoteHost}]:${toString j.remotePort}"
      ) known.hostNames
    ) (lib.attrValues config.programs.ssh.knownHosts);

  # Units of the receiving half, as render.nix names them.
  taken = lib.optionalAttrs cfg.target.enable (
    lib.mapAttrs' (
      name: _:
      lib.nameValuePair (if name == "default" then "target" else "target-${name}") "${prefix}.target${
        lib.optionalString (name != "default") ".sources.${name}"
      }"
    ) cfg.target.sources
  );

  # ProtectHome= and ProtectSystem= of the units, which these could not undo.
  hidden =
    path:
    lib.any (home: path == home || lib.hasPrefix "${home}/" path) [
      "/root"
      "/home"
      "/run/user"
    ];
  unhidden = option: path: instead: {
    assertion = path == null || !hidden path;
    message = "${prefix}.${option} is ${toString path}, where the service sees nothing: homes are hidden from it. Name a place outside of /root, /home and /run/user, such as ${instead}.";
  };

  perJob = name: j: [
    {
      assertion = builtins.match "[a-zA-Z0-9][-a-zA-Z0-9_.]*" name != null && name != "config";
      message = "${prefix}.jobs.${name}: a job's name becomes a unit's and a file's: letters, digits, \"-\", \"_\" and \".\" only, beginning with a letter or a digit, and not \"config\". Give it another name.";
    }
    {
      assertion = !(taken ? ${name});
      message = "${prefix}.jobs.${name} and ${
        taken.${name} or ""
      } would both be zfs-replication-${name}.service. Give the job another name.";
    }
    {
      assertion = j.datasets != [ ];
      message = "${opt name "datasets"} is empty, so there is nothing to replicate. Name at least one dataset, such as \"tank/services\".";
    }
    {
      assertion = j.remotePool != null;
      message = "${opt name "remotePool"} is not set. Name the pool or dataset that receives, such as \"tank\".";
    }
    {
      assertion = j.remoteHost == null || j.hostKeys != [ ] || isKnown j;
      message = "${opt name "hostKeys"} is empty and programs.ssh.knownHosts does not know ${toString j.remoteHost}, so the target could be anybody${
        lib.optionalString (
          config.programs.ssh.knownHostsFiles != [ ]
        ) " (zfsrep does not read programs.ssh.knownHostsFiles)"
      }. Put what \"cat /etc/ssh/ssh_host_ed25519_key.pub\" shows there into ${opt name "hostKeys"}.";
    }
    {
      assertion = j.remoteHost == null || j.user == "root" || j.identityFile != null;
      message = "${opt name "identityFile"} is not set, and the user ${j.user} has no key of its own. Set it to the file with the private key; it need not be readable for ${j.user}, systemd hands it over.";
    }
    {
      assertion = name != "default" || !config.services.zfs.autoReplication.enable;
      message = "services.zfs.autoReplication and ${prefix} both want to be zfs-replication.service. Turn services.zfs.autoReplication.enable off, or move this job from the flat options to ${prefix}.jobs.<another name>.";
    }
  ];
in
{
  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = jobs != { };
        message = "${prefix} is enabled and has no job. Set ${prefix}.datasets and .remotePool, or ${prefix}.jobs.<name>.";
      }
      (unhidden "log.file" cfg.log.file "/var/log/zfs-replication.log")
      (unhidden "metricsDirectory" cfg.metricsDirectory "/var/lib/prometheus-node-exporter")
      {
        assertion = config.boot.zfs.enabled;
        message = "${prefix} is enabled and ZFS is not. Add \"zfs\" to boot.supportedFilesystems, or import a pool with boot.zfs.extraPools.";
      }
    ]
    ++ lib.concatLists (lib.mapAttrsToList perJob jobs)
    ++ map (message: {
      assertion = false;
      inherit message;
    }) places.conflicts;

    warnings = lib.concatLists (
      lib.mapAttrsToList (
        name: j:
        lib.optional (j.user != cfg.user && cfg.log.file != null)
          "${opt name "user"} is ${j.user}, but the log file ${cfg.log.file} belongs to ${cfg.user}: this job logs to the journal alone."
      ) jobs
    );
  };
}
