# { "/etc/a" = "text"; } -> { etc.a = "text"; }, which `nix eval --write-to`
# writes as a folder.
let
  parts = path: builtins.filter (p: builtins.isString p && p != "") (builtins.split "/" path);

  merge =
    a: b:
    a
    // builtins.mapAttrs (
      n: v: if builtins.isAttrs v && builtins.isAttrs (a.${n} or null) then merge a.${n} v else v
    ) b;

  leaf = path: text: builtins.foldl' (inner: part: { ${part} = inner; }) text (reverse (parts path));

  reverse = builtins.foldl' (acc: x: [ x ] ++ acc) [ ];
in
files: builtins.foldl' merge { } (map (path: leaf path files.${path}) (builtins.attrNames files))
