# Secrets, and whom a service can reach.
{
  lib,
  evaluate,
  complaints,
  seed,
  of,
  plain,
  service,
  unit,
  json,
  job,
  yes,
  ...
}:
{
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
}
