# The options of one source of services.zfs-replication.target. Like those of a
# job they stand twice: flat, and in sources.<name>.
{
  lib,
  defaults,
  from,
  inherited,
}:
let
  inherit (lib) mkOption types;
  own = import ./types.nix { inherit lib; };

  option =
    name: args:
    mkOption (
      {
        default = from.${name};
      }
      // lib.optionalAttrs inherited {
        defaultText = lib.literalExpression "config.services.zfs-replication.target.${name}${
          lib.optionalString (name == "user") " + \"-<name>\""
        }";
      }
      // args
    );
in
{
  user = option "user" {
    type = own.user;
    example = "box";
    description = ''
      The user that the source logs in as: its
      {option}`services.zfs-replication.remoteUser`. Created, if it is not there,
      with no password and no rights but these. No two sources have the same one.
    '';
  };

  authorizedKeys = option "authorizedKeys" {
    type = types.listOf own.publicKey;
    apply = map lib.trim;
    example = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP... root@kraken" ];
    description = ''
      Public keys that let in, without a terminal and without forwarding of
      anything (`restrict`).
    '';
  };

  place = option "place" {
    type = types.nullOr own.dataset;
    example = "backup/kraken";
    description = ''
      The pool or dataset below which this source's replicas land: its
      {option}`services.zfs-replication.remotePool`, or what that is below. A
      dataset is made if it is not there, with `mountpoint=none`, `canmount=off`
      and `com.sun:auto-snapshot=false`, which replicas inherit. One that was
      there before has to have these three, or
      {command}`zfs-replication-target.service` fails and says how to set them.
      Has to be set.
    '';
  };

  privilege = option "privilege" {
    type = types.enum [
      "sudo"
      "none"
    ];
    description = ''
      Where the right to change something comes from; the source's
      {option}`services.zfs-replication.privilege` has to be the same. `"sudo"`:
      from rules that allow the few commands of zfsrep below
      {option}`services.zfs-replication.target.place`, each one to the letter.
      `"none"`: from rights given by {command}`zfs allow` there. Whoever has the
      source's key can change nothing outside of
      {option}`services.zfs-replication.target.place` with either, and cannot have
      anything mounted.
    '';
  };

  appendOnly = option "appendOnly" {
    type = types.bool;
    description = ''
      Whether the source may only ever add. It cannot destroy snapshots or roll a
      replica back then, so its
      {option}`services.zfs-replication.retention.target` has to be left alone and
      what is too old has to be destroyed here. With
      {option}`services.zfs-replication.target.privilege` `"none"` this takes
      OpenZFS 2.3.2.
    '';
  };

  properties = option "properties" {
    type = types.listOf (
      types.strMatching "[a-z][a-z0-9_]*" // { description = "name of a ZFS property"; }
    );
    description = ''
      Properties that the source may set on its replicas
      ({option}`services.zfs-replication.receive.properties`,
      {option}`services.zfs-replication.send.properties`), beside its own (those
      with a colon) and those that zfsrep sets.
    '';
  };
}
