# Jobs of somebody else than root.
{
  lib,
  seed,
  render,
  of,
  service,
  job,
  ...
}:
{
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
}
