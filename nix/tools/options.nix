# The option reference, as Markdown, from the options themselves.
{ lib }:
let
  inherit (import ../tests/eval { inherit lib; }) evaluate;

  root = "services.zfs-replication";
  all = lib.filter (o: o.visible && !o.internal && lib.hasPrefix "${root}." o.name) (
    lib.optionAttrSetToDocList (evaluate { }).options
  );

  # Options of a job and of a source stand twice in the module, rules of retention
  # for each side; once is enough.
  twice =
    o:
    lib.any (part: lib.hasInfix part o.name) [
      ".jobs.<name>."
      ".sources.<name>."
      ".retention.target."
    ];
  once = lib.filter (o: !twice o) all;

  isTarget = o: lib.hasPrefix "${root}.target." o.name;
  module = import ../pure/defaults.nix;
  isJob =
    o:
    let
      first = lib.head (lib.splitString "." (lib.removePrefix "${root}." o.name));
    in
    module.job ? ${first} || module.service ? ${first};

  # The roles of the NixOS manual ({option}`x`) are code here.
  plain = text: lib.concatStrings (lib.filter lib.isString (builtins.split "[{][a-z]+[}]" text));

  value =
    v:
    let
      text = lib.removeSuffix "\n" (v.text or (lib.generators.toPretty { } v));
    in
    if lib.hasInfix "\n" text then
      "\n\n  ```nix\n  ${lib.replaceStrings [ "\n" ] [ "\n  " ] text}\n  ```"
    else
      "`${text}`";

  # A block of code begins on a line of its own.
  sep = v: if lib.hasPrefix "\n" (value v) then "" else " ";

  option =
    o:
    ''
      ### ${lib.replaceStrings [ "<" ">" ] [ "\\<" "\\>" ] (lib.removePrefix "${root}." o.name)}

      ${lib.removeSuffix "\n" (plain (o.description.text or o.description))}

      - type: ${o.type}
    ''
    + lib.optionalString (o ? default) "- default:${sep o.default}${value o.default}\n"
    + lib.optionalString (o ? example) "- example:${sep o.example}${value o.example}\n"
    + "\n";

  section =
    title: words: test:
    "## ${title}\n\n${words}\n\n" + lib.concatMapStrings option (lib.filter test once);
in
''
  # Options

  <!-- Written by `nix/check --update` from nix/options. -->

  Everything below `services.zfs-replication` of the NixOS module. The keys of
  `config.json` are the same, letter for letter, so this is its reference, too; what
  systemd and logrotate are told (schedule, retry, user and so on) is not in that file.

''
+ section "A job" ''
  Each of these stands on its own, for the job `default`, and below `jobs.<name>`,
  where its default is what it is on its own.'' (o: isJob o)
+ section "The machine that sends" "Once for all jobs." (o: !isJob o && !isTarget o)
+ section "The machine that receives" ''
  Each of these up to `target.properties` stands on its own, for the source
  `default`, and below `target.sources.<name>`, where its default is what it is on its
  own.'' isTarget
