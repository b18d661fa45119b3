# Rights by `zfs allow`: who gets which, on which dataset. A grant is
# { user, dataset, local, rights }; local: not for what is below it.
let
  unique = builtins.foldl' (acc: x: if builtins.elem x acc then acc else acc ++ [ x ]) [ ];

  # What a job's user needs on this machine, and no more.
  sourceRights =
    job:
    [
      "send"
      # zfs send -I holds what it is about to send.
      "hold"
    ]
    ++ (
      if job.bookmarks then
        [
          "bookmark"
          # Bookmarks that are no longer needed go.
          "destroy"
        ]
      else
        [ ]
    )
    ++ (if job.retention.source == null then [ ] else destroy);

  # ZFS wants "mount" of whoever destroys a snapshot.
  destroy = [
    "destroy"
    "mount"
  ];

  # What whoever receives needs on the place under which replicas land. Neither
  # canmount nor mountpoint: whoever could set them would have the next `zfs mount
  # -a` lay what he sent over /root/.ssh. Replicas have both from the place.
  targetRights =
    { appendOnly, properties }:
    [
      "create"
      "mount"
      # receive:append (OpenZFS 2.3.2) is receive without -F.
      (if appendOnly then "receive:append" else "receive")
      "readonly"
      "userprop"
    ]
    ++ properties
    ++ (
      if appendOnly then
        [ ]
      else
        [
          "destroy"
          "rollback"
        ]
    );

  same = a: b: a.user == b.user && a.dataset == b.dataset && a.local == b.local;

  # One grant for each user and dataset: what one job gives up, another one may
  # still need, so they are given and taken together.
  merge =
    grants:
    builtins.foldl' (
      acc: g:
      if builtins.any (same g) acc then
        map (a: if same g a then a // { rights = unique (a.rights ++ g.rights); } else a) acc
      else
        acc ++ [ (g // { rights = unique g.rights; }) ]
    ) [ ] grants;

  jobGrants =
    job:
    if job.user == "root" then
      [ ]
    else
      map (d: {
        inherit (job) user;
        dataset = d.name;
        local = !d.recursive;
        rights = sourceRights job;
      }) job.datasets
      ++ (
        if job.remoteHost != null then
          [ ]
        else
          map (dataset: {
            inherit (job) user;
            inherit dataset;
            local = false;
            # On a pool of one's own machine zfsrep sets both itself.
            rights = [
              "canmount"
              "mountpoint"
            ]
            ++ targetRights {
              appendOnly = false;
              properties = builtins.attrNames job.receive.properties;
            };
          }) (unique (map (d: if d.target == null then job.remotePool else d.target) job.datasets))
      );

  snapshotGrants =
    { user, jobs }:
    if user == "root" then
      [ ]
    else
      map (d: {
        inherit user;
        dataset = d.name;
        local = !d.recursive;
        rights = [ "snapshot" ] ++ destroy;
      }) (builtins.concatMap (j: j.datasets) (builtins.attrValues jobs));

  word = s: if builtins.match "[^ ]*" s == null then "\"${s}\"" else s;

  command =
    verb: g:
    "${verb} ${if g.local then "-l " else ""}-u ${g.user} ${builtins.concatStringsSep "," g.rights} ${word g.dataset}";
in
{
  inherit
    merge
    jobGrants
    snapshotGrants
    targetRights
    word
    ;
  allow = command "allow";
  unallow = command "unallow";
}
