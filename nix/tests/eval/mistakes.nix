# Mistakes that people make, each one alone. What they are told is in
# ../golden/mistakes.txt.
let
  seed = import ../fixtures/seed.nix;
  receiver = import ../fixtures/target.nix;
  target = changes: {
    services.openssh.enable = true;
    services.zfs-replication.target = receiver.target // changes;
  };
  with' = changes: { services.zfs-replication = seed // changes; };
in
{
  "no job at all" = {
    services.zfs-replication.enable = true;
  };
  "remotePool forgotten" = {
    services.zfs-replication = removeAttrs seed [ "remotePool" ];
  };
  "a job without datasets" = {
    services.zfs-replication = {
      enable = true;
      jobs.offsite.remotePool = "vault";
    };
  };
  "no host key" = with' { hostKeys = [ ]; };
  "ZFS is not enabled" = with' { } // {
    boot.zfs.enabled = false;
  };
  "autoReplication of nixpkgs, too" = with' { } // {
    services.zfs.autoReplication.enable = true;
    services.zfs-replication = seed;
  };
  "a job's name with a slash" = with' { jobs."off/site".remotePool = "vault"; };
  "a job named config" = with' { jobs.config.remotePool = "vault"; };
  "another user without a key" = with' {
    user = "backup";
    identityFile = null;
  };

  "two datasets into one place" = with' {
    datasets = [
      "tank/services"
      "other/services"
    ];
  };
  "two jobs into one place" = with' { jobs.again = { }; };
  "a dataset that another one brings along" = with' {
    datasets = [
      "tank/shack"
      "tank/shack/cloud/immich"
    ];
  };
  "a target inside of its source" = with' {
    remoteHost = null;
    remotePool = "tank/services/copy";
    datasets = [ "tank/services" ];
  };
  "a source inside of its target" = with' {
    remoteHost = null;
    datasets = [
      {
        name = "tank/a/b/c";
        target = "tank/a";
      }
    ];
  };

  "a dataset with a snapshot" = with' { datasets = [ "tank/services@daily" ]; };
  "a dataset with a slash at the end" = with' { datasets = [ "tank/services/" ]; };
  "datasets as one string" = with' { datasets = "tank/services"; };
  "a key in the store" = with' {
    identityFile = "${builtins.storeDir}/0123456789abcdfghijklmnpqrsvwxyz-id_ed25519";
  };
  "a key as a path literal" = with' { identityFile = ./id_ed25519; };
  "a fingerprint in the place of a host key" = with' {
    hostKeys = [ "SHA256:2jmj7l5rSw0yVb/vlWAYkK/YBwk0q0w0q0w0q0w0q0w" ];
  };
  "user and host in one" = with' { remoteHost = "box@192.168.1.15"; };
  "an unknown option" = with' { remotePol = "tank"; };
  "an unknown choice" = with' { onDiverged = "destroy"; };
  "a time span in words" = with' { timeouts.stall = "five minutes"; };
  "a bandwidth in bits" = with' { limits.bandwidth = "50Mbit"; };
  "a spread that is none" = with' { randomizedDelay = "a while"; };
  "a hook that is no unit" = with' { onFailure = [ "mail me" ]; };
  "a job of another user beside the log of root" = with' {
    jobs.offsite = {
      user = "backup";
      remotePool = "vault";
    };
  };

  # --- The receiving half ---
  "target: nobody is let in" = target { authorizedKeys = [ ]; };
  "target: no place" = target { place = null; };
  "target: as root" = target { user = "root"; };
  "target: no ssh server" = {
    services.zfs-replication = receiver;
  };
  "target: no sudo" = target { } // {
    security.sudo.enable = false;
  };
  "target: append-only rights before OpenZFS 2.3.2" =
    target {
      privilege = "none";
      appendOnly = true;
    }
    // {
      boot.zfs.package.version = "2.3.1";
    };
  "target: one place within another" = target {
    sources.hydra = {
      user = "hydra";
      place = "tank/hydra";
    };
  };
  "target: a private key in the place of the public one" = target {
    authorizedKeys = [ "-----BEGIN OPENSSH PRIVATE KEY-----" ];
  };

  # Names that meet: a unit would be lost without a word.
  "a job and the receiving half make the same unit" = target { } // {
    services.zfs-replication =
      seed
      // {
        jobs.target.remotePool = "vault";
        inherit (receiver) target;
      };
  };
  "a job and a source make the same unit" = {
    services.openssh.enable = true;
    services.zfs-replication = seed // {
      jobs.target-hydra.remotePool = "vault";
      target = receiver.target // {
        sources.hydra.place = "vault/hydra";
      };
    };
  };

  # Options that would say yes and mean no.
  "files of known hosts that zfsrep does not read" = with' { hostKeys = [ ]; } // {
    programs.ssh.knownHostsFiles = [ ./id_ed25519 ];
  };
  "a time span of fruit" = with' { retry.delay = "5 bananas"; };
  "a percent sign in a path" = with' { identityFile = "/etc/keys/100%id"; };
  "a space in a path" = with' { log.file = "/var/log/zfs replication.log"; };
  "a log file where the service sees nothing" = with' { log.file = "/root/zfsrep.log"; };
  "figures where the service sees nothing" = with' { metricsDirectory = "/home/me/metrics"; };
  "target: sudo for wheel alone" = target { } // {
    security.sudo.execWheelOnly = true;
  };
  "target: two sources with one user" = target {
    sources.kraken = {
      user = "box";
      place = "tank/kraken";
    };
    sources.hydra = {
      user = "box";
      place = "tank/hydra";
    };
    authorizedKeys = receiver.target.authorizedKeys;
    place = "tank/box";
  };
  "target: a whole pool" = target { };
  "target: a whole pool by zfs allow" = target { privilege = "none"; };
  "target: raw replicas that ask for their passphrases at boot" = target { place = "tank/kraken"; };
}
