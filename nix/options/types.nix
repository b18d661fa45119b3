# Types whose complaints are words: `is not of type "..."` is all that people get
# to read when they mistype, so the description says what would be right.
{ lib }:
let
  matching = description: pattern: (lib.types.strMatching pattern) // { inherit description; };

  inUnits =
    type: description:
    lib.types.addCheck type (p: builtins.match ".*[] %:;\"'`$\\[].*" (toString p) == null)
    // {
      description = "${description} without spaces, quotes, brackets or any of % : ; $ \\";
    };

  component = "[a-zA-Z0-9][-a-zA-Z0-9_.: ]*";
in
{
  dataset = matching "name of a ZFS dataset without a snapshot, such as \"tank/services\"" "[a-zA-Z][-a-zA-Z0-9_.: ]*(/${component})*";

  duration = matching "time span such as \"30s\", \"5m\", \"12h\", \"30d\" or \"1h30m\"" "([0-9]+([.][0-9]+)?(ms|s|m|h|d|w|y))+";

  # systemd's, not zfsrep's: min is a minute there.
  spread = matching "time span such as \"90s\", \"5min\" or \"1h\"" "[0-9]+ *(s|sec|m|min|h)";
  systemdSpan =
    let
      unit = "(us|usec|ms|msec|s|sec|seconds?|m|min|minutes?|h|hr|hours?|d|days?|w|weeks?|M|months?|y|years?)";
    in
    matching "time span in the notation of systemd.time(7), such as \"5min\" or \"1h 30min\"" "[0-9]+|[0-9]+ *${unit}( *[0-9]+ *${unit})*";

  bandwidth = matching "number of bytes per second such as \"50M\", \"800K\" or \"1.5G\"" "[0-9]+([.][0-9])?[KMGT]?(i?B)?";

  # As people get at it: a line of ssh-keyscan, a .pub file and the newline at its
  # end, with or without the name of the machine. zfsrep looks closer.
  hostKey =
    lib.types.addCheck lib.types.str (
      text:
      lib.any (line: builtins.match "([^ ]+ )?(ssh-|ecdsa-|sk-)[^ ]+ .+" line != null) (
        lib.splitString "\n" text
      )
    )
    // {
      description = "public host key such as \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5...\"";
    };

  # What goes into authorized_keys: a key without options of its own. The newline
  # at the end of a .pub file is taken off by the option.
  publicKey =
    lib.types.addCheck lib.types.str (
      text: builtins.match "(ssh-|ecdsa-|sk-)[^ ]+ [A-Za-z0-9+/=]+( .*)?" (lib.trim text) != null
    )
    // {
      description = "public ssh key such as \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5... comment\"";
    };

  user = matching "name of a user, such as \"box\"" "[a-zA-Z_][-a-zA-Z0-9_.]*[$]?";

  host = matching "name or address of a machine, such as \"192.168.1.15\", without user or port" "[^ @/]+";

  glob = lib.types.nonEmptyStr // {
    description = "glob such as \"daily-*\"";
  };

  unit = matching "name of a systemd unit, such as \"mail-root.service\"" "[a-zA-Z0-9@%:_.\\-]+[.](service|socket|device|mount|automount|swap|target|path|timer|scope|slice)";

  # A path that stands in a unit, where systemd would read something else out of it.
  path = inUnits lib.types.externalPath "absolute path as a string";

  # Never a path literal: that would be a copy in the store, which everybody can read.
  secretFile = inUnits lib.types.externalPath "absolute path as a string, outside the Nix store (what is in the store, everybody can read),";
}
