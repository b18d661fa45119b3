# One side of a job's `retention`.
{ lib, defaults }:
let
  inherit (lib) mkOption types;
  own = import ./types.nix { inherit lib; };

  rule =
    description:
    mkOption {
      type = types.nullOr types.ints.positive;
      default = null;
      example = 7;
      inherit description;
    };

  period =
    name: rule "Keep the newest snapshot of each of the last so many ${name} (UTC) that have one.";
in
types.submodule {
  options = {
    match = mkOption {
      type = types.listOf own.glob;
      default = defaults.policy.match;
      example = [ "daily-*" ];
      description = ''
        Names of the snapshots that this policy is about, without the `@`. Every
        other snapshot stays.
      '';
    };
    last = rule "Keep the newest so many snapshots.";
    within = mkOption {
      type = types.nullOr own.duration;
      default = null;
      example = "30d";
      description = ''
        Keep every snapshot that is at most this much older than the newest one.
        Age counts from the dataset's newest snapshot, not from the clock: while a
        machine is off, or when its clock is wrong, nothing grows old.
      '';
    };
    hourly = period "hours";
    daily = period "days";
    weekly = period "weeks";
    monthly = period "months";
    yearly = period "years";
  };
}
