# The commands that zfsrep runs on a target under sudo, as rules for sudoers: the
# argument lists are regular expressions (sudo 1.9.10 and later), so that each rule
# allows what zfsrep says and nothing beside it: no other place, no property that
# would give a replica power over the machine, no dataset destroyed.
#
# internal/zfs/argv.go is what they have to fit; nix/check asks sudo itself.
{
  user,
  # The dataset under which replicas land.
  place,
  # Whether what is there may never be taken away again.
  appendOnly,
  # Names of properties that a source may set to any plain value.
  properties,
  # Path of the zfs that sudo finds for the user.
  zfs,
}:
let
  join = builtins.concatStringsSep;

  # Names of ZFS hold no other special character of regular expressions.
  literal = builtins.replaceStrings [ "." ] [ "[.]" ];

  # Without the space that ZFS allows: sudo sees one line, not words.
  name = "[-a-zA-Z0-9_.:]+";
  below = "${literal place}(/${name})+";
  dataset = "${literal place}(/${name})*";

  # User properties are names with a colon.
  user-property = "[-a-z0-9_.]*:[-a-z0-9_.:]+";

  # What a replica may be given at any time (receive.readonly and receive.properties).
  wanted = [
    "readonly=on"
    "${user-property}=[-a-zA-Z0-9_.:/@+]*"
  ]
  ++ (if properties == [ ] then [ ] else [ "(${join "|" (map literal properties)})=[-a-zA-Z0-9_.]+" ]);

  # And what zfsrep sets by itself, so that a replica is neither mounted nor limited.
  quiet = [
    "canmount=noauto"
    "sharenfs=off"
    "sharesmb=off"
    "(quota|refquota|reservation|refreservation|filesystem_limit|snapshot_limit)=none"
  ];
  option = join "|" (quiet ++ wanted);

  # A stream may bring a mountpoint along, such as /root/.ssh, and whoever has the
  # key may send any stream. So each receive says that it does not count: a new
  # replica is told "none", and what the stream says is left out of any other
  # (`-x` is also true of what a replication stream has below it, of a resumed
  # receive, and of a volume, which has none).
  options =
    let
      more = "( -o (${option}))*";
      # What a stream may have no say in: then it is as the place has it.
      without = "( -x (encryption|dedup|sharenfs|sharesmb|snapdev|sync|volmode|zoned|${user-property}))*";
    in
    "${more}( -o mountpoint=none${more}${without}|${without} -x mountpoint)";

  arguments = [
    # A parent, marked as one that we made.
    "create -u -o canmount=off -o mountpoint=none( -o zfsrep:place=${below})? ${below}"
    # -F only ever replaces an empty dataset, but sudo cannot know that.
    "receive( -s)? -u${if appendOnly then "" else "( -F)?"}${options} ${dataset}"
    # What arrived in part and is of no use any more.
    "receive -A ${dataset}"
    # A replica that another tool made is brought in line; the place itself is left
    # alone, for what somebody else has in it would inherit that.
    "set (${join "|" wanted}) ${below}"
  ]
  ++ (
    if appendOnly then
      [ ]
    else
      [
        "rollback ${dataset}@${name}"
        # Snapshots and bookmarks, by name: never a dataset.
        ''destroy ${dataset}@${name}(\,${name})*''
        ''destroy ${dataset}\#${name}''
      ]
  );
  commands = map (a: "${zfs} ^${a}$") arguments;
in
{
  # As security.sudo.extraRules of NixOS has it, and as text for other machines.
  rule = {
    users = [ user ];
    runAs = "root";
    commands = map (command: {
      inherit command;
      options = [ "NOPASSWD" ];
    }) commands;
  };
  text = ''
    # What ${user} may do for zfsrep, below ${place} and nowhere else.
  ''
  + join "" (map (c: "${user} ALL=(root) NOPASSWD: ${c}\n") commands);
}
