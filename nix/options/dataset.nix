# An entry of `datasets`: a name, or a name and how it differs from the usual.
{ lib, defaults }:
let
  inherit (lib) mkOption types;
  own = import ./types.nix { inherit lib; };
in
types.coercedTo types.str (name: { inherit name; }) (
  types.submodule {
    options = {
      name = mkOption {
        type = own.dataset;
        example = "tank/services";
        description = "The dataset of this machine.";
      };
      recursive = mkOption {
        type = types.bool;
        default = defaults.dataset.recursive;
        description = "Whether the datasets below it go along.";
      };
      exclude = mkOption {
        type = types.listOf own.glob;
        default = defaults.dataset.exclude;
        example = [ "tank/services/cache*" ];
        description = "Datasets below it that stay out, with all that is below them.";
      };
      target = mkOption {
        type = types.nullOr own.dataset;
        default = defaults.dataset.target;
        example = "backup/kraken/services";
        description = ''
          Where it lands on the target. By default the pool's name is replaced by
          {option}`services.zfs-replication.remotePool`: `tank/a/b` lands at
          `<remotePool>/a/b`.
        '';
      };
    };
  }
)
