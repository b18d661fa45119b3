# services.zfs-replication.target: the receiving half.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  defaults = (import ../pure/defaults.nix).target;
  cfg = config.services.zfs-replication.target;
  sourceOptions =
    from: inherited:
    import ./source.nix {
      inherit
        lib
        defaults
        from
        inherited
        ;
    };
in
{
  options.services.zfs-replication.target = sourceOptions defaults false // {
    enable = lib.mkEnableOption "receiving of ZFS datasets that other machines send";

    names = mkOption {
      type = types.listOf types.nonEmptyStr;
      default = [ ];
      example = [
        "192.168.1.15"
        "backup.example.org"
      ];
      description = ''
        What other machines call this one in their
        {option}`services.zfs-replication.remoteHost`, beside its host name and
        the addresses in {option}`networking.interfaces`. Only the check of a
        whole fleet (`lib.checkedFleet` of the flake) reads it.
      '';
    };

    sources = mkOption {
      type = types.attrsOf (
        types.submodule (
          { name, ... }:
          {
            options = sourceOptions (cfg // { user = import ../pure/source-user.nix cfg.user name; }) true;
          }
        )
      );
      default = { };
      example = lib.literalExpression ''
        {
          kraken = {
            place = "backup/kraken";
            authorizedKeys = [ "ssh-ed25519 AAAA... root@kraken" ];
          };
        }
      '';
      description = ''
        Machines that send, by name, each to a place of its own. Each one takes
        what it does not say from the options of the same name outside of
        `sources`, which are a source of their own, `default`, as soon as
        {option}`services.zfs-replication.target.authorizedKeys` is set.
      '';
    };
  };

  config = lib.mkIf (cfg.enable && cfg.authorizedKeys != [ ]) {
    services.zfs-replication.target.sources.default = { };
  };
}
