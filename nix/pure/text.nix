# Structured values -> the text of files: JSON that people can read, systemd
# units as NixOS writes them, logrotate, tmpfiles.
let
  join = builtins.concatStringsSep;
  attrs = f: set: map (n: f n set.${n}) (builtins.attrNames set);

  json =
    indent: value:
    let
      deeper = indent + "  ";
      block =
        open: close: items:
        if items == [ ] then
          open + close
        else
          "${open}\n${join ",\n" (map (i: deeper + i) items)}\n${indent}${close}";
    in
    if builtins.isAttrs value then
      block "{" "}" (attrs (n: v: "${builtins.toJSON n}: ${json deeper v}") value)
    else if builtins.isList value then
      block "[" "]" (map (json deeper) value)
    else
      builtins.toJSON value;

  scalar =
    v:
    if v == true then
      "true"
    else if v == false then
      "false"
    else
      toString v;

  # A list repeats the key, as in NixOS.
  line =
    key: value:
    join "" (map (v: "${key}=${scalar v}\n") (if builtins.isList value then value else [ value ]));

  section = name: set: if set == { } then "" else "[${name}]\n${join "" (attrs line set)}";

  sections = list: join "\n" (builtins.filter (s: s != "") list);

  # What NixOS calls wants, after, ... systemd writes with a capital letter.
  unitSection =
    u:
    let
      names =
        key: list:
        if list == [ ] then
          { }
        else
          {
            ${key} = join " " list;
          };
    in
    section "Unit" (
      {
        Description = u.description;
      }
      // names "Documentation" (u.documentation or [ ])
      // names "Wants" (u.wants or [ ])
      // names "Requires" (u.requires or [ ])
      // names "After" (u.after or [ ])
      // names "Before" (u.before or [ ])
      // names "Conflicts" (u.conflicts or [ ])
      // names "OnFailure" (u.onFailure or [ ])
      // names "OnSuccess" (u.onSuccess or [ ])
      // (u.unitConfig or { })
    );

  install =
    u: if (u.wantedBy or [ ]) == [ ] then "" else section "Install" { WantedBy = u.wantedBy; };

  searchPath = prefixes: join ":" (map (p: "${p}/bin") prefixes ++ map (p: "${p}/sbin") prefixes);

  environment =
    u:
    (
      if (u.path or [ ]) == [ ] then
        { }
      else
        {
          PATH = searchPath u.path;
        }
    )
    // (u.environment or { });
in
{
  json = value: json "" value + "\n";

  service =
    u:
    sections [
      (unitSection u)
      (section "Service" (
        {
          Environment = attrs (n: v: builtins.toJSON "${n}=${v}") (environment u);
        }
        // u.serviceConfig
      ))
      (install u)
    ];

  timer =
    u:
    sections [
      (unitSection u)
      (section "Timer" u.timerConfig)
      (install u)
    ];

  # The same reading of `settings` as services.logrotate of NixOS.
  logrotate =
    file: settings:
    let
      setting =
        n: v:
        if n == "frequency" then
          v
        else if v == true then
          n
        else if v == false then
          "no${n}"
        else
          "${n} ${toString v}";
    in
    "${file} {\n${join "" (attrs (n: v: "  ${setting n v}\n") settings)}}\n";

  # systemd-tmpfiles, as systemd.tmpfiles.settings of NixOS has it: path -> type -> arguments.
  tmpfiles =
    settings:
    join "" (
      builtins.concatLists (
        attrs (path: attrs (type: a: "${type} ${path} ${a.mode} ${a.user} ${a.group} - -\n")) settings
      )
    );
}
