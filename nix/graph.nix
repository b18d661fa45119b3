# What a fleet's replication looks like, as text for Graphviz: a box a machine, in it
# the datasets that it sends and the places that it receives into, an arrow for each
# dataset's way. Where what arrives goes on to the next machine, the two meet in one
# node, or a dashed line ties them.
#
#   nix eval --raw .#graph | dot -Tsvg >fleet.svg
{ lib, below }:
flows:
let
  quote = text: "\"${lib.replaceStrings [ "\\" "\"" ] [ "\\\\" "\\\"" ] text}\"";

  # A machine that is not of the fleet goes by what it is called.
  receiver = f: if f.to != null then f.to else f.machine;
  node = machine: dataset: quote "${machine}:${dataset}";

  sent = lib.unique (
    map (f: {
      machine = f.from;
      dataset = f.source;
    }) flows
  );
  received = lib.unique (
    map (f: {
      machine = receiver f;
      dataset = f.place;
    }) flows
  );
  strangers = lib.unique (map receiver (lib.filter (f: f.to == null) flows));

  byMachine = lib.groupBy (n: n.machine) (lib.unique (sent ++ received));

  # A replica is round, and bold where it goes on.
  shape =
    n:
    if !lib.elem n received then
      ""
    else
      ", style=${if lib.elem n sent then "\"rounded,bold\"" else "rounded"}";

  cluster =
    machine: nodes:
    [
      "  subgraph ${quote "cluster ${machine}"} {"
      "    label=${quote machine}${lib.optionalString (lib.elem machine strangers) "; style=dashed"}"
    ]
    ++ map (n: "    ${node n.machine n.dataset} [label=${quote n.dataset}${shape n}]") nodes
    ++ [ "  }" ];

  way =
    f:
    let
      job = lib.optional (f.job != "default") f.job;
    in
    "  ${node f.from f.source} -> ${node (receiver f) f.place} [label=${
      quote (lib.concatStringsSep ", " (job ++ [ f.settings.schedule ]))
    }]";

  # What is received here is part of what is sent from here, or the other way round.
  goesOn =
    r:
    let
      tie = s: "  ${node r.machine r.dataset} -> ${node s.machine s.dataset}";
      further = lib.filter (
        s: s.machine == r.machine && s != r && (below s.dataset r.dataset || below r.dataset s.dataset)
      ) sent;
    in
    map (s: "${tie s} [style=dashed, arrowhead=none]") further;
in
lib.concatStringsSep "\n" (
  [
    "digraph fleet {"
    "  rankdir=LR"
    "  node [shape=box, fontname=\"sans-serif\"]"
    "  edge [fontname=\"sans-serif\", fontsize=10]"
    "  graph [fontname=\"sans-serif\"]"
  ]
  ++ lib.concatLists (lib.mapAttrsToList cluster byMachine)
  ++ map way flows
  ++ lib.concatMap goesOn received
  ++ [ "}" ]
)
+ "\n"
