# Several machines at once: what each one is told about replication, and whether
# that fits together. No machine can see this by itself.
#
#   nixosConfigurations = zfsrep.lib.checkedFleet {
#     kraken = nixpkgs.lib.nixosSystem { ... };
#     box = nixpkgs.lib.nixosSystem { ... };
#   };
#
# gives its argument back, or fails the evaluation with every contradiction.
# fleetProblems gives the list of them instead, and fleetGraph a picture of it all,
# for Graphviz.
{ lib }:
let
  placesOf = import ./places.nix { inherit lib; };

  below = outer: inner: outer == inner || lib.hasPrefix "${outer}/" inner;
  touch = a: b: below a b || below b a;

  # Everything one machine is called, by itself or by others.
  namesOf =
    name: config:
    let
      addresses = lib.concatMap (i: map (a: a.address) (i.ipv4.addresses ++ i.ipv6.addresses)) (
        lib.attrValues config.networking.interfaces
      );
    in
    [
      name
      config.networking.hostName
      config.networking.fqdnOrHostName
    ]
    ++ addresses
    ++ config.services.zfs-replication.target.names;

  # Pairs of different entries, each once.
  pairs =
    list: lib.concatLists (lib.imap0 (i: a: map (b: { inherit a b; }) (lib.drop (i + 1) list)) list);

  # What one dataset of one job leads to.
  flowsOf =
    fleet: name: config:
    let
      cfg = config.services.zfs-replication;
      jobs = lib.filterAttrs (_: j: j.enable) cfg.jobs;
      # The machine of this fleet that is meant; null: none of them.
      named =
        host:
        if host == null then
          name
        else
          lib.findFirst (n: lib.elem host (namesOf n fleet.${n})) null (lib.attrNames fleet);
    in
    lib.optionals cfg.enable (
      map (
        e:
        e
        // {
          from = name;
          to = named e.machine;
          settings = jobs.${e.job};
          optionPrefix = "services.zfs-replication.${
            lib.optionalString (e.job != "default") "jobs.${e.job}."
          }";
        }
      ) (placesOf jobs).entries
    );

  at = f: "${f.from} (${f.option})";

  # --- Two into one place. The same machine's own jobs are its own assertions' matter. ---
  collisions =
    flows:
    lib.concatMap (
      { a, b }:
      lib.optional
        (
          a.from != b.from
          && touch a.place b.place
          && (if a.to != null then a.to == b.to else a.machine == b.machine)
        )
        "${at a} and ${at b} both land at ${if a.to != null then a.to else a.machine}:${
          if below a.place b.place then b.place else a.place
        }. Give each of them a place of its own, by remotePool or a dataset's target."
    ) (pairs flows);

  # --- A cycle: what is received is sent on, and comes back. ---
  cycles =
    flows:
    let
      next = f: lib.filter (g: g.from == f.to && touch g.source f.place) flows;
      id = f: "${f.from} ${f.option}";
      # Paths from f back to what f sends; each flow is entered once.
      walk =
        path:
        let
          last = lib.last path;
          first = lib.head path;
          closes = last.to == first.from && touch last.place first.source;
        in
        if closes then
          [ path ]
        else
          lib.concatMap (g: if lib.elem (id g) (map id path) then [ ] else walk (path ++ [ g ])) (next last);
      # Each cycle is found from all of its flows: keep one.
      canonical = path: lib.head (lib.sort (a: b: a < b) (map id path)) == id (lib.head path);
    in
    map (
      path:
      "a cycle: ${
        lib.concatMapStringsSep ", then " (f: "${at f} sends ${f.source} to ${f.to}:${f.place}") path
      }, which is where it began. Send to another place, or take one of them out."
    ) (lib.filter canonical (lib.concatMap (f: walk [ f ]) (lib.filter (f: f.to != null) flows)));

  # --- A chain: what is received is sent on. It must arrive as it left. ---
  chains =
    fleet: flows:
    lib.concatMap (
      f:
      let
        cfg = fleet.${f.to}.services.zfs-replication;
        further = lib.filter (g: g.from == f.to && touch g.source f.place) flows;
        g = lib.head further;
      in
      # zfsrep snapshot passes by what is read-only and not mounted.
      lib.optional
        (f.from != f.to && further != [ ] && cfg.autoSnapshot.enable && !f.settings.receive.readonly)
        "a chain: ${at f} sends ${f.source} to ${f.to}:${f.place}, and ${f.to} (${g.option}) sends ${g.source} on. The replica is not read-only (${f.optionPrefix}receive.readonly on ${f.from}), so services.zfs-replication.autoSnapshot.enable on ${f.to} takes snapshots of it, which make it diverge. Leave it read-only, or let ${f.from} alone take snapshots."
    ) (lib.filter (f: f.to != null) flows);

  # --- What the source expects and the target gives ---
  pairings =
    fleet: flows:
    lib.concatMap (
      f:
      let
        job = f.settings;
        config = fleet.${f.to};
        target = config.services.zfs-replication.target;
        where = "${f.to} (services.zfs-replication.target";

        option =
          source: name: "${where}${lib.optionalString (source != "default") ".sources.${source}"}.${name})";
        mine = lib.filterAttrs (_: s: s.user == job.remoteUser) target.sources;
        # Who has this place, among the sources of that user.
        accepting = lib.filterAttrs (_: s: s.place != null && below s.place f.place) mine;
        source = lib.head (lib.attrNames accepting);
        s = accepting.${source};

        # Somebody may have let the source in by hand.
        byHand =
          (config.users.users.${job.remoteUser} or { openssh.authorizedKeys.keys = [ ]; })
          .openssh.authorizedKeys.keys != [ ];

        strange = lib.filter (p: !lib.hasInfix ":" p && !lib.elem p (s.properties ++ [ "readonly" ])) (
          lib.attrNames job.receive.properties
        );
      in
      if f.machine == null then
        [ ]
      else if !target.enable then
        lib.optional (!byHand)
          "${f.from} (${f.optionPrefix}remoteHost) sends to ${f.to}, which receives nothing. Set services.zfs-replication.target.enable on ${f.to}."
      else if mine == { } then
        lib.optional (!byHand)
          "${f.from} (${f.optionPrefix}remoteUser) logs in to ${f.to} as ${job.remoteUser}, whom ${where}) does not know. Make it one of ${
            lib.concatStringsSep ", " (lib.unique (map (x: x.user) (lib.attrValues target.sources)))
          }."
      else if accepting == { } then
        [
          "${at f} lands at ${f.place} on ${f.to}, where ${job.remoteUser} may only have ${
            lib.concatStringsSep ", " (map (x: toString x.place) (lib.attrValues mine))
          } (services.zfs-replication.target.place of ${f.to}). Change remotePool here or place there."
        ]
      else
        lib.optional (job.privilege != s.privilege)
          "${f.from} (${f.optionPrefix}privilege) expects \"${job.privilege}\", and ${option source "privilege"} gives \"${s.privilege}\". Make them the same."
        ++
          lib.optional (job.publicKey != null && !(lib.any (sameKey job.publicKey) s.authorizedKeys))
            "${f.from} (${f.optionPrefix}publicKey) is not among ${option source "authorizedKeys"}, so ${f.to} will not let ${f.from} in. Add it there."
        ++
          lib.optional (!lib.elem job.remotePort config.services.openssh.ports)
            "${f.from} (${f.optionPrefix}remotePort) knocks at port ${toString job.remotePort}, and the ssh server of ${f.to} (services.openssh.ports) is at ${
              lib.concatMapStringsSep ", " toString config.services.openssh.ports
            }. Make them the same."
        ++
          lib.optional (s.appendOnly && job.retention.target != null)
            "${f.from} (${f.optionPrefix}retention.target) wants to destroy snapshots on ${f.to}, where ${option source "appendOnly"} lets nobody. Prune on ${f.to} itself, or turn appendOnly off."
        ++
          lib.optional (s.appendOnly && (job.onDiverged == "rollback" || job.onModified == "rollback"))
            "${f.from} (${f.optionPrefix}onDiverged, onModified) wants to roll replicas back on ${f.to}, where ${option source "appendOnly"} lets nobody. Set them to \"refuse\", or turn appendOnly off."
        ++
          lib.optional (strange != [ ])
            "${f.from} (${f.optionPrefix}receive.properties) sets ${lib.concatStringsSep ", " strange} on its replicas, which ${option source "properties"} does not allow. Add them there, or leave them out here."
    ) (lib.filter (f: f.to != null) flows);

  # The comment at its end is no part of a key.
  sameKey = a: b: lib.take 2 (lib.splitString " " a) == lib.take 2 (lib.splitString " " b);

  fleetOf =
    configurations:
    lib.mapAttrs (_: c: c.config) (
      lib.filterAttrs (_: c: c.config.services ? zfs-replication) configurations
    );
  allFlows = fleet: lib.concatLists (lib.mapAttrsToList (flowsOf fleet) fleet);

  fleetProblems =
    configurations:
    let
      fleet = fleetOf configurations;
      flows = allFlows fleet;
    in
    lib.unique (collisions flows ++ cycles flows ++ chains fleet flows ++ pairings fleet flows);
in
{
  inherit fleetProblems;

  fleetGraph =
    configurations: import ./graph.nix { inherit lib below; } (allFlows (fleetOf configurations));

  checkedFleet =
    configurations:
    let
      problems = fleetProblems configurations;
    in
    if problems == [ ] then
      configurations
    else
      throw "zfsrep: these machines contradict each other:\n${
        lib.concatMapStrings (p: "- ${p}\n") problems
      }";
}
