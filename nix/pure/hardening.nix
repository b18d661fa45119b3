# What a unit of zfsrep may do, and why what stays open stays open.
#
# `systemd-analyze security` judges the result; nix/check holds it to a threshold.
{
  # The user it runs as.
  user,
  # Addresses it talks to: [ ] for none at all, null for whatever a name resolves to.
  addresses,
  # Folders beside its own that it writes to.
  writes ? [ ],
  # Files below /root that it reads (ssh's own, when the options name no others).
  homeReads ? [ ],
}:
let
  root = user == "root";
  online = addresses != [ ];
in
{
  # --- Open, because ZFS needs it ---

  # The kernel's door to ZFS, the only device beside /dev/null and the like.
  # PrivateDevices= makes a /dev without it, BindPaths= puts it back ("-": when
  # ZFS is not loaded, zfs says that better than systemd does).
  PrivateDevices = true;
  DevicePolicy = "closed";
  DeviceAllow = "/dev/zfs rw";
  BindPaths = "-/dev/zfs";

  # What makes root root to ZFS. Without it the kernel asks the rights given by
  # `zfs allow`, which is how a user other than root is served: with no capability.
  CapabilityBoundingSet = if root then "CAP_SYS_ADMIN" else "";

  # In a user namespace of its own nobody is root to ZFS, and since OpenZFS 2.2
  # datasets are hidden there.
  PrivateUsers = false;

  # --- Open, because of ssh ---

  # The target. A job without one has no network; one with a literal address
  # reaches that address and nothing else. AF_UNIX is the journal and the
  # resolver's cache.
  PrivateNetwork = !online;
  RestrictAddressFamilies = if online then "AF_UNIX AF_INET AF_INET6" else "AF_UNIX";
}
// (
  if addresses == null then
    { }
  else
    {
      IPAddressDeny = "any";
    }
)
// (
  if addresses == null || addresses == [ ] then
    { }
  else
    {
      IPAddressAllow = builtins.concatStringsSep " " addresses;
    }
)
// (
  # Private keys come as credentials; other people's homes are nobody's business.
  if homeReads == [ ] then
    {
      ProtectHome = true;
    }
  else
    {
      ProtectHome = "tmpfs";
      BindReadOnlyPaths = map (p: "-${p}") homeReads;
    }
)
// (
  if writes == [ ] then
    { }
  else
    {
      ReadWritePaths = map (p: "-${p}") writes;
    }
)
// {
  # --- Closed ---
  AmbientCapabilities = "";
  KeyringMode = "private";
  LockPersonality = true;
  MemoryDenyWriteExecute = true;
  NoNewPrivileges = true;
  PrivateIPC = true;
  PrivateMounts = true;
  PrivateTmp = true;
  # zfs reads /proc/self/mounts and /sys/module/zfs, both still there.
  ProcSubset = "pid";
  ProtectClock = true;
  ProtectControlGroups = true;
  ProtectHostname = true;
  ProtectKernelLogs = true;
  ProtectKernelModules = true;
  ProtectKernelTunables = true;
  ProtectProc = "invisible";
  ProtectSystem = "strict";
  RemoveIPC = true;
  RestrictNamespaces = true;
  RestrictRealtime = true;
  RestrictSUIDSGID = true;
  SystemCallArchitectures = "native";
  # Neither zfs nor Go calls what is taken away here; should one ever do, it is
  # told EPERM and says so, instead of dying without a word.
  SystemCallErrorNumber = "EPERM";
  SystemCallFilter = [
    "@system-service"
    "~@aio @chown @keyring @memlock @privileged @resources @setuid @timer"
  ];
  UMask = "0077";
}
