# Option values as somebody wrote them -> the same with nothing left unsaid.
#
# The module system does this too, and better (types, merging, messages); this
# is the same rule for whoever has no module system at hand, and a no-op on
# values that come from the module: said values always win.
let
  defaults = import ./defaults.nix;

  # Which options of a job hold options in turn. Everything else is one value,
  # taken whole: `receive.properties` of a job replaces that of the flat options.
  groups = [
    "snapshots"
    "send"
    "receive"
    "retention"
    "limits"
    "timeouts"
    "retry"
  ];

  # b over a, groups one level deeper.
  over =
    a: b:
    a
    // b
    // builtins.listToAttrs (
      map (name: {
        inherit name;
        value = (a.${name} or { }) // (b.${name} or { });
      }) (builtins.filter (name: a ? ${name} || b ? ${name}) groups)
    );

  pick =
    names: set:
    builtins.intersectAttrs (builtins.listToAttrs (
      map (name: {
        inherit name;
        value = null;
      }) names
    )) set;

  jobDefaults = defaults.job // defaults.service;

  completePolicy = p: if p == null then null else defaults.policy // p;

  completeDataset =
    d:
    defaults.dataset
    // (
      if builtins.isString d then
        {
          name = d;
        }
      else
        d
    );

  # What is about the way to another machine means nothing to a job without one,
  # also where it comes from the flat options.
  remote = [
    "remotePort"
    "remoteUser"
    "identityFile"
    "hostKeys"
    "privilege"
  ];

  completeJob =
    job:
    job
    // (if job.remoteHost == null then pick remote defaults.job else { })
    // {
      datasets = map completeDataset job.datasets;
      retention = builtins.mapAttrs (_: completePolicy) job.retention;
    };
in
cfg:
let
  # The flat options: what a job takes where it says nothing itself.
  flat = over jobDefaults (pick (builtins.attrNames jobDefaults) cfg);

  # The flat options are a job of their own as soon as they name datasets.
  said =
    (
      if flat.datasets != [ ] then
        {
          default = { };
        }
      else
        { }
    )
    // (cfg.jobs or { });

  # Somebody who only receives (target.enable) need not say that nothing is sent.
  sends = cfg.enable or true;

  enabled = builtins.listToAttrs (
    builtins.concatMap (
      name:
      if sends && said.${name}.enable or true then
        [
          {
            inherit name;
            value = completeJob (over flat (pick (builtins.attrNames jobDefaults) said.${name}));
          }
        ]
      else
        [ ]
    ) (builtins.attrNames said)
  );

  # The receiving half, by the same rule: its flat options are a source of their
  # own as soon as they name keys.
  receiving = cfg.target or { };
  flatTarget = defaults.target // receiving;
  saidSources =
    (
      if flatTarget.authorizedKeys != [ ] then
        {
          default = { };
        }
      else
        { }
    )
    // (receiving.sources or { });
in
{
  sources =
    if flatTarget.enable then
      builtins.mapAttrs (
        name: s:
        pick (builtins.attrNames defaults.target) (
          flatTarget // { user = import ./source-user.nix flatTarget.user name; } // s
        )
      ) saidSources
    else
      { };

  # Of what belongs to no single job: the log file, automatic snapshots.
  inherit (flat)
    user
    retry
    onFailure
    onSuccess
    ;
  jobs = enabled;
  inherit sends;
  metricsDirectory = cfg.metricsDirectory or defaults.metricsDirectory;
  log = defaults.log // (cfg.log or { });
  autoSnapshot = defaults.autoSnapshot // (cfg.autoSnapshot or { });
  checkSwitch = defaults.checkSwitch // (cfg.checkSwitch or { });
}
