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

  isPool = place: place != null && !lib.hasInfix "/" place;

  # One user for two sources has the rights of both: each could destroy what the
  # other sends, whatever their places are.
  shared = lib.concatLists (
    lib.mapAttrsToList (
      user: names:
      lib.optional (lib.length names > 1)
        "${lib.concatMapStringsSep " and " (n: opt n "user") names} are both ${user}, so that each source could destroy what the other one sends. Leave user out, and each has one of its own."
    ) (lib.groupBy (n: cfg.sources.${n}.user) (lib.attrNames cfg.sources))
  );

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
      assertion = builtins.match "[a-zA-Z0-9][-a-zA-Z0-9_.]*" name != null;
      message = "${prefix}.sources.${name}: a source's name becomes a unit's and a user's: letters, digits, \"-\", \"_\" and \".\" only, beginning with a letter or a digit. Give it another name.";
    }
    {
      assertion = s.privilege != "none" || !isPool s.place;
      message = "${opt name "place"} is the whole pool ${toString s.place}, and rights by zfs allow would reach everything in it. Name a dataset below it, such as \"${toString s.place}/${
        if name == "default" then "backup" else name
      }\".";
    }
    {
      assertion = s.privilege != "sudo" || !config.security.sudo.execWheelOnly;
      message = "${opt name "privilege"} is \"sudo\", and security.sudo.execWheelOnly lets nobody run sudo who is not in the group wheel, where ${s.user} does not belong. Turn it off, or set ${opt name "privilege"} = \"none\" here and privilege = \"none\" on the source.";
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
    }) (shared ++ pairs);

    warnings =
      lib.concatLists (
        lib.mapAttrsToList (
          name: s:
          lib.optional (s.privilege == "sudo" && isPool s.place)
            "${opt name "place"} is the whole pool ${s.place}: with its key the source can roll back and destroy snapshots of everything in it. Name a dataset below it, such as \"${s.place}/${
              if name == "default" then "backup" else name
            }\", and the same as remotePool on the source."
        ) cfg.sources
      )
      ++
        lib.optional (config.boot.zfs.requestEncryptionCredentials == true)
          "boot.zfs.requestEncryptionCredentials is true: when it boots, this machine asks for the passphrase of each encrypted replica and waits for ever, since nobody has it here. Name the datasets whose keys it shall ask for, such as boot.zfs.requestEncryptionCredentials = [ \"rpool\" ], or none: [ ].";

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

    security.sudo.extraRules = rendered.sudoRules;
  };
}
