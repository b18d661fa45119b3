# Where replicas land, and who is in whose way. A place is a dataset on a machine;
# the machine is known here by the name its jobs call it.
{ lib }:
let
  below = outer: inner: outer == inner || lib.hasPrefix "${outer}/" inner;

  # `tank/a/b` lands at `<remotePool>/a/b`.
  land =
    job: d:
    let
      parts = lib.splitString "/" d.name;
    in
    if d.target != null then
      d.target
    else
      lib.concatStringsSep "/" ([ (toString job.remotePool) ] ++ lib.tail parts);

  optionOf =
    job: i:
    "services.zfs-replication.${
      lib.optionalString (job != "default") "jobs.${job}."
    }datasets[${toString i}]";

  # One entry for each entry of each job's datasets.
  entries =
    jobs:
    lib.concatLists (
      lib.mapAttrsToList (
        name: job:
        lib.imap0 (i: d: {
          job = name;
          machine = job.remoteHost;
          option = optionOf name i;
          source = d.name;
          place = land job d;
          inherit (d) recursive exclude;
        }) job.datasets
      ) jobs
    );

  # Every pair once.
  pairs =
    list: lib.concatLists (lib.imap0 (i: a: map (b: { inherit a b; }) (lib.drop (i + 1) list)) list);

  # Where `outer` puts `source`, which is itself or something below it.
  placeOf = outer: source: outer.place + lib.removePrefix outer.source source;

  # Whether `outer` takes `inner` along by itself. With `exclude` that depends on
  # globs, which zfsrep knows to read.
  covers =
    outer: inner:
    outer.recursive
    && outer.exclude == [ ]
    && lib.hasPrefix "${outer.source}/" inner.source
    && placeOf outer inner.source == inner.place;

  collision =
    { a, b }:
    let
      onto = lib.optionalString (a.machine != null) " on ${a.machine}";
      twice =
        outer: inner:
        "${inner.option} (${inner.source}) is part of ${outer.option} (${outer.source}) already. Take it out, or set recursive = false there.";
    in
    if a.machine != b.machine then
      [ ]
    else if a.place == b.place then
      [
        "${a.option} (${a.source}) and ${b.option} (${b.source}) would both land at ${a.place}${onto}. Set target of one of them, or another remotePool."
      ]
    else
      lib.optional (covers a b) (twice a b) ++ lib.optional (covers b a) (twice b a);

  # A target on this machine may be no part of what is sent, nor the other way round.
  loop =
    e:
    lib.optional (e.machine == null && e.recursive && below e.source e.place) (
      "${e.option}: ${e.source} would be replicated into itself, at ${e.place}. Set remotePool (or target) to a place outside of ${e.source}."
    )
    ++ lib.optional (e.machine == null && !(below e.source e.place) && below e.place e.source) (
      "${e.option}: the replica at ${e.place} would hold its own source, ${e.source}. Set remotePool (or target) to another place."
    );
in
jobs:
let
  all = entries jobs;
in
{
  entries = all;
  conflicts = lib.concatMap collision (pairs all) ++ lib.concatMap loop all;
}
