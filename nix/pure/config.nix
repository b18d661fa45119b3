# Complete option values -> config.json (version 1) as attribute sets.
#
# Keys are option names, letter for letter, and every option is written out, so
# that the file says what happens without a look at anybody's defaults. Only
# options whose absence is their meaning (a dataset's `target`, a rule of a
# retention policy) are left out while they are null.
let
  defaults = import ./defaults.nix;

  withoutNulls =
    set: removeAttrs set (builtins.filter (n: set.${n} == null) (builtins.attrNames set));

  # Options of the module that are nobody's business but systemd's or
  # logrotate's do not go into the JSON.
  only = template: set: builtins.intersectAttrs template set;

  dataset = d: withoutNulls (only (defaults.dataset // { name = null; }) d);

  policy = p: if p == null then null else withoutNulls (only defaults.policy p);

  job =
    j:
    only defaults.job j
    // {
      datasets = map dataset j.datasets;
      retention = builtins.mapAttrs (_: policy) (only defaults.job.retention j.retention);
      snapshots = only defaults.job.snapshots j.snapshots;
      send = only defaults.job.send j.send;
      receive = only defaults.job.receive j.receive;
      limits = only defaults.job.limits j.limits;
      timeouts = only defaults.job.timeouts j.timeouts;
    };
in
# jobs: the ones this file is about, out of complete option values.
{
  log,
  autoSnapshot,
  jobs,
  ...
}:
{
  version = 1;
  jobs = builtins.mapAttrs (_: job) jobs;
  log = { inherit (log) file level; };
  autoSnapshot = { inherit (autoSnapshot) enable prefix keep; };
}
