# The receiving half.
{
  lib,
  evaluate,
  complaints,
  seed,
  render,
  of,
  ...
}:
{
  "a target has a user, keys and rules, and nothing of a source" =
    let
      e = evaluate {
        services.openssh.enable = true;
        services.zfs-replication = import ../../fixtures/target.nix;
      };
    in
    {
      is = {
        wrong = complaints e;
        units = lib.attrNames e.config.systemd.services ++ lib.attrNames e.config.systemd.timers;
        etc = e.config.environment.etc;
        packages = e.config.environment.systemPackages;
        keys = e.config.users.users.box.openssh.authorizedKeys.keys;
        system = e.config.users.users.box.isSystemUser;
        rules =
          let
            rule = lib.head e.config.security.sudo.extraRules;
          in
          rule.users == [ "box" ]
          && rule.runAs == "root"
          && lib.any (
            c:
            c.options == [ "NOPASSWD" ]
            && lib.hasPrefix "/run/current-system/sw/bin/zfs ^rollback tank(" c.command
          ) rule.commands;
      };
      want = {
        wrong = [ ];
        # A pool is its own place.
        units = [ ];
        etc = { };
        packages = [ ];
        keys = map (k: "restrict ${k}") (import ../../fixtures/target.nix).target.authorizedKeys;
        system = true;
        rules = true;
      };
    };
  "a key may come from a file, newline and all" =
    let
      receiver = import ../../fixtures/target.nix;
      e = evaluate {
        services.openssh.enable = true;
        services.zfs-replication.target = receiver.target // {
          authorizedKeys = map (k: k + "\n") receiver.target.authorizedKeys;
        };
      };
    in
    {
      is = e.config.users.users.box.openssh.authorizedKeys.keys;
      want = map (k: "restrict ${k}") receiver.target.authorizedKeys;
    };
  "each source has a user of its own, through the module and without it" =
    let
      target = (import ../../fixtures/target.nix).target // {
        place = "tank/box";
        sources.kraken.place = "tank/kraken";
      };
      e = evaluate {
        services.openssh.enable = true;
        services.zfs-replication.target = target;
      };
    in
    {
      is = [
        (complaints e)
        (lib.attrNames e.config.users.users)
        (lib.attrNames (render { cfg = { inherit target; }; }).authorizedKeys)
      ];
      want = [
        [ ]
        [
          "box"
          "box-kraken"
        ]
        [
          "box"
          "box-kraken"
        ]
      ];
    };
  "a user who is somebody already stays so" =
    let
      e = evaluate {
        services.openssh.enable = true;
        services.zfs-replication = import ../../fixtures/target.nix;
        users.users.box.isNormalUser = true;
      };
    in
    {
      is = e.config.users.users.box.isSystemUser;
      want = false;
    };
  "both halves on one machine" =
    let
      e = evaluate {
        services.openssh.enable = true;
        services.zfs-replication = seed // {
          target = (import ../../fixtures/target.nix).target // {
            place = "tank/kraken";
          };
        };
      };
    in
    {
      is = [
        (complaints e)
        (lib.attrNames e.config.systemd.services)
      ];
      want = [
        [ ]
        [
          "zfs-replication"
          "zfs-replication-target"
        ]
      ];
    };
  "append-only: no rule destroys, rolls back or replaces" =
    let
      rules = (render { cfg = import ../../fixtures/target-rights.nix; }).sudoers;
    in
    {
      is = map (w: lib.hasInfix w rules) [
        "destroy"
        "rollback"
        "-F"
        "receive"
      ];
      want = [
        false
        false
        false
        true
      ];
    };
}
