# What each option does to the JSON and the units. A case holds when `is` equals
# `want`.
{
  lib,
  evaluate,
  complaints,
}:
let
  seed = import ../../fixtures/seed.nix;
  render = import ../../../render.nix;
  defaults = import ../../../pure/defaults.nix;

  of = changes: evaluate { services.zfs-replication = seed // changes; };
  plain = of { };

  # What the module puts on the machine: the configs' texts, by name.
  script = e: (lib.head e.config.systemd.services.zfs-replication.restartTriggers).script;
  service = e: name: e.config.systemd.services.${name};
  unit = e: (service e "zfs-replication").serviceConfig;
  timer = e: e.config.systemd.timers.zfs-replication.timerConfig;

  # The rendering of what the module evaluated, by the module's own renderer.
  json = e: (render { cfg = e.config.services.zfs-replication; }).config;
  job = e: (json e).jobs.default;

  yes = is: {
    inherit is;
    want = true;
  };
  tools = {
    inherit
      lib
      evaluate
      complaints
      seed
      render
      defaults
      of
      plain
      script
      service
      unit
      timer
      json
      job
      yes
      ;
  };
in
lib.foldl' (all: file: all // import file tools) { } [
  ./truth.nix
  ./units.nix
  ./reach.nix
  ./jobs.nix
  ./log.nix
  ./user.nix
  ./target.nix
]
