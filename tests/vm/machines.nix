# What the two machines of the virtual pair are told, by name: option values of
# services.zfs-replication. The NixOS test has each as a specialisation; on the
# Debian pair nix/render makes the same files from them. Keys are known only at
# run time there, and come on top.
let
  seed = import ../../nix/tests/fixtures/seed.nix;
  target = (import ../../nix/tests/fixtures/target.nix).target;

  # As the seed says, but soon and often: nobody waits for 04:00 here.
  hasty = {
    schedule = "*-*-* *:*:0/10";
    randomizedDelay = "0s";
    retry = {
      delay = "5s";
      attempts = 100;
      within = "1h";
    };
    timeouts.connect = "5s";
  };
in
{
  # The original design, to the letter.
  seed = {
    source = seed;
    target = { inherit target; };
  };

  # With its timer.
  timer = {
    source = seed // hasty;
    target = { inherit target; };
  };

  # As it is booted: a place below the pool.
  boot = {
    source = seed // {
      remotePool = "tank/kraken";
      datasets = [ "tank/services" ];
    };
    target.target = target // {
      place = "tank/kraken";
    };
  };

  # Gives up soon, and somebody hears of it.
  impatient = {
    source =
      seed
      // hasty
      // {
        retry = {
          delay = "1s";
          attempts = 3;
          within = "1h";
        };
        timeouts.connect = "20s";
        onFailure = [ "told.service" ];
      };
    target = { inherit target; };
  };

  # Snapshots by zfsrep itself, at 03:00.
  snapshots = {
    source = seed // {
      autoSnapshot.enable = true;
    };
    target = { inherit target; };
  };

  # Nobody is root: rights by zfs allow on both sides.
  rights = {
    source = seed // {
      user = "zfs-replication";
      privilege = "none";
      remotePool = "tank/kraken";
    };
    target.target = target // {
      privilege = "none";
      place = "tank/kraken";
    };
  };

  # The same, where the target's user may only add.
  append-rights = {
    source = seed // {
      privilege = "none";
      remotePool = "tank/kraken";
    };
    target.target = target // {
      privilege = "none";
      appendOnly = true;
      place = "tank/kraken";
    };
  };

  # What arrived stays, whatever the source wants.
  append = {
    source = seed // {
      remotePool = "tank/kraken";
      onDiverged = "rollback";
      retention.target.last = 1;
    };
    target.target = target // {
      appendOnly = true;
      place = "tank/kraken";
    };
  };
}
