# services.zfs-replication.target: users, keys and rights of those who send to
# this machine. The place and the rights by `zfs allow` are units, which
# module.nix carries over with all the others.
{ config, lib, ... }:
let
  cfg = config.services.zfs-replication.target;
  prefix = "services.zfs-replication.target";

  rendered = import ./render.nix {
    cfg = {
      enable = false;
      target = cfg;
    };
    # What sudo finds on the PATH of somebody who comes by ssh.
    sudoZfs = "/run/current-system/sw/bin/zfs";
  };

  opt =
    source: path:
    if source == "default" then "${prefix}.${path}" else "${prefix}.sources.${source}.${path}";

  below = outer: inner: outer == inner || lib.hasPrefix "${outer}/" inner;

  # Two users, one below the other: the outer one may do everything to the inner one's.
  pairs = lib.concatLists (
    lib.mapAttrsToList (
      a: x:
      lib.concatLists (
        lib.mapAttrsToList (
          b: y:
          lib.optional
            (
              a != b
              && x.user != y.user
              && x.place != null
              && y.place != null
              && below x.place y.place
              && (x.place != y.place || a < b)
            )
            "${opt b "place"} (${y.place}) lies within ${opt a "place"} (${x.place}), so that ${x.user} could destroy what ${y.user} sends. Give each source a place of its own."
        ) cfg.sources
      )
    ) cfg.sources
  );

  perSource = name: s: [
    {
      assertion = s.authorizedKeys != [ ];
      message = "${opt name "authorizedKeys"} is empty, so nobody can send. Put the public half of the source's identityFile there.";
    }
    {
      assertion = s.place != null;
      message = "${opt name "place"} is not set. Name the pool or dataset below which replicas land, such as \"backup/kraken\".";
    }
    {
      assertion = s.user != "root";
      message = "${opt name "user"} is root, who needs no rights and should not be let in for a backup. Name another user; it is created.";
    }
    {
      assertion = s.privilege != "sudo" || s.place == null || !lib.hasInfix " " s.place;
      message = "${opt name "place"} has a space in its name, which a rule of sudo cannot tell from two words. Name another place, or set ${opt name "privilege"} = \"none\".";
    }
    {
      assertion = s.privilege != "sudo" || config.security.sudo.enable;
      message = "${opt name "privilege"} is \"sudo\", and security.sudo.enable is off${lib.optionalString config.security.sudo-rs.enable " (sudo-rs has no rules by regular expression)"}. Enable it, or set ${opt name "privilege"} = \"none\" here and privilege = \"none\" on the source.";
    }
    {
      assertion =
        s.privilege != "none" || !s.appendOnly || lib.versionAtLeast config.boot.zfs.package.version "2.3.2";
      message = "${opt name "appendOnly"} with privilege = \"none\" takes OpenZFS 2.3.2 (the right receive:append), and boot.zfs.package is ${config.boot.zfs.package.version}. Choose a newer boot.zfs.package, or set ${opt name "privilege"} = \"sudo\".";
    }
  ];
in
{
  imports = [ ./options/target.nix ];

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.sources != { };
        message = "${prefix} is enabled and lets nobody in. Set ${prefix}.authorizedKeys and .place, or ${prefix}.sources.<name>.";
      }
      {
        assertion = config.boot.zfs.enabled;
        message = "${prefix} is enabled and ZFS is not. Add \"zfs\" to boot.supportedFilesystems, or import a pool with boot.zfs.extraPools.";
      }
      {
        assertion = config.services.openssh.enable;
        message = "${prefix} is enabled and there is no ssh server to send to. Set services.openssh.enable = true.";
      }
    ]
    ++ lib.concatLists (lib.mapAttrsToList perSource cfg.sources)
    ++ map (message: {
      assertion = false;
      inherit message;
    }) pairs;

    users.users = lib.mapAttrs (user: keys: {
      openssh.authorizedKeys.keys = keys;
      # Somebody may have declared the user already, as a person: weaker than what
      # NixOS then says by default.
      isSystemUser = lib.mkIf (!config.users.users.${user}.isNormalUser) true;
      group = lib.mkOverride 1250 user;
      description = lib.mkOverride 1250 "Receives ZFS datasets";
      # Commands come by way of a shell.
      useDefaultShell = lib.mkOverride 1250 true;
    }) rendered.authorizedKeys;
    users.groups = lib.mapAttrs (_: _: { }) rendered.authorizedKeys;

    security.sudo.extraConfig = rendered.sudoers;
  };
}
