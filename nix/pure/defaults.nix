# What an option is when nobody sets it. The module's options and the renderer read
# this one table, and nix/check compares it with what zfsrep itself would take.
{
  # Goes into config.json, key by key. `remotePool` and `datasets` have no
  # default there: null and [ ] mean "not said", and are refused by name.
  job = {
    remoteHost = null;
    remotePort = 22;
    remoteUser = "root";
    remotePool = null;
    datasets = [ ];
    identityFile = null;
    hostKeys = [ ];
    privilege = "sudo";
    snapshots = {
      include = [ "*" ];
      exclude = [ ];
    };
    initial = "all";
    intermediates = true;
    send = {
      raw = "auto";
      compressed = true;
      largeBlocks = true;
      embedded = true;
      properties = false;
    };
    receive = {
      properties = { };
      readonly = true;
    };
    onModified = "auto";
    onDiverged = "refuse";
    bookmarks = true;
    retention = {
      source = null;
      target = null;
    };
    limits = {
      bandwidth = null;
      parallel = 1;
      destroy = null;
    };
    timeouts = {
      connect = "30s";
      stall = "5m";
    };
  };

  # One entry of `datasets`, when it is more than a name.
  dataset = {
    recursive = true;
    exclude = [ ];
    target = null;
  };

  # One side of `retention`, when it is a policy. Null rules keep nothing.
  policy = {
    match = [ "*" ];
    last = null;
    within = null;
    hourly = null;
    daily = null;
    weekly = null;
    monthly = null;
    yearly = null;
  };

  # How systemd runs a job: becomes units, not JSON.
  service = {
    schedule = "04:00";
    randomizedDelay = "5min";
    persistent = true;
    user = "root";
    retry = {
      delay = "5min";
      attempts = 3;
      within = "1h";
    };
    onFailure = [ ];
    onSuccess = [ ];
    # For the check of a fleet alone.
    publicKey = null;
  };

  log = {
    # The program itself defaults to no file; the original design has this one.
    file = "/var/log/zfs-replication.log";
    level = "info";
    # Days of rotated files. logrotate's business, not in the JSON.
    keep = 14;
  };

  # Not in the JSON.
  metricsDirectory = null;

  autoSnapshot = {
    enable = false;
    prefix = "daily-";
    keep = "30d";
    # When, for the timer. Not in the JSON.
    schedule = "03:00";
  };

  # What a switch looks at first. Not in the JSON.
  checkSwitch = {
    enable = false;
    seconds = 120;
  };

  # The receiving half: who may send to this machine, and where to.
  target = {
    enable = false;
    user = "zfs-receive";
    authorizedKeys = [ ];
    place = null;
    privilege = "sudo";
    appendOnly = false;
    # What a source may set on its replicas beside what zfsrep itself sets. None
    # of these can give a replica power over the machine that holds it.
    properties = [
      "atime"
      "checksum"
      "compression"
      "copies"
      "primarycache"
      "recordsize"
      "redundant_metadata"
      "relatime"
      "secondarycache"
      "snapdir"
      "xattr"
    ];
  };
}
