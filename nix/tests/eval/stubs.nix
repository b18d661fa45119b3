# What the module sets and reads of NixOS, declared without NixOS, so that its
# evaluation can be tested with nixpkgs' lib alone. Types of what we set are those
# of the real options where that is cheap.
{ lib, ... }:
let
  inherit (lib) mkOption types;

  opt =
    type: default:
    mkOption {
      inherit type default;
    };

  # As in NixOS: any key, and definitions of equal priority must agree or be lists.
  keys = types.attrsOf (
    types.oneOf [
      types.str
      types.int
      types.bool
      (types.listOf (types.either types.str types.int))
    ]
  );
  names = opt (types.listOf types.str) [ ];

  unit =
    extra:
    types.attrsOf (
      types.submodule {
        options = {
          description = opt types.str "";
          wants = names;
          after = names;
          before = names;
          conflicts = names;
          requires = names;
          wantedBy = names;
          aliases = names;
          onFailure = names;
          onSuccess = names;
          unitConfig = opt keys { };
        }
        // extra;
      }
    );
in
{
  options = {
    assertions = opt (types.listOf types.attrs) [ ];
    warnings = opt (types.listOf types.str) [ ];

    systemd.services = opt (unit {
      path = opt (types.listOf (types.either types.package types.str)) [ ];
      environment = opt (types.attrsOf types.str) { };
      restartIfChanged = opt types.bool true;
      restartTriggers = opt (types.listOf types.unspecified) [ ];
      serviceConfig = opt keys { };
    }) { };
    systemd.timers = opt (unit { timerConfig = opt keys { }; }) { };
    systemd.package = opt types.unspecified "/systemd";
    systemd.tmpfiles.settings = opt (types.attrsOf (types.attrsOf (types.attrsOf types.attrs))) { };

    system.preSwitchChecks = opt (types.attrsOf types.str) { };

    services.logrotate.settings = opt (types.attrsOf (types.attrsOf types.unspecified)) { };
    environment.etc = opt (types.attrsOf types.attrs) { };
    environment.systemPackages = opt (types.listOf types.unspecified) [ ];
    users.users = opt (types.attrsOf (
      types.submodule {
        freeformType = types.attrsOf types.unspecified;
        options.openssh.authorizedKeys.keys = opt (types.listOf types.str) [ ];
        options.isNormalUser = opt types.bool false;
        options.isSystemUser = opt types.bool false;
      }
    )) { };
    users.groups = opt (types.attrsOf types.attrs) { };
    security.sudo.extraRules = opt (types.listOf types.attrs) [ ];
    security.sudo.enable = opt types.bool true;
    security.sudo.execWheelOnly = opt types.bool false;
    security.sudo-rs.enable = opt types.bool false;

    # Read, not set.
    boot.zfs.enabled = opt types.bool false;
    boot.zfs.requestEncryptionCredentials = opt (types.either types.bool (types.listOf types.str)) true;
    boot.zfs.package = opt types.unspecified { version = "2.3.9"; };
    services.zfs.autoReplication.enable = opt types.bool false;
    services.openssh.enable = opt types.bool false;
    services.openssh.hostKeys = opt (types.listOf types.attrs) [ ];
    programs.ssh.knownHostsFiles = opt (types.listOf types.path) [ ];
    programs.ssh.knownHosts = opt (types.attrsOf (
      types.submodule (
        { name, ... }:
        {
          options.hostNames = opt (types.listOf types.str) [ name ];
          options.publicKey = opt (types.nullOr types.str) null;
        }
      )
    )) { };
    services.openssh.ports = opt (types.listOf types.port) [ 22 ];
    networking.interfaces = opt (types.attrsOf (
      types.submodule {
        options.ipv4.addresses = opt (types.listOf types.attrs) [ ];
        options.ipv6.addresses = opt (types.listOf types.attrs) [ ];
      }
    )) { };
    networking.hostName = opt types.str "kraken";
    networking.fqdnOrHostName = opt types.str "kraken";
  };
}
