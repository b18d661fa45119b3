# The log file and automatic snapshots.
{
  of,
  plain,
  service,
  unit,
  timer,
  json,
  ...
}:
{
  "the log is rotated daily and kept for 14 days" = {
    is = plain.config.services.logrotate.settings."/var/log/zfs-replication.log";
    want = {
      frequency = "daily";
      rotate = 14;
      compress = true;
      delaycompress = true;
      missingok = true;
      notifempty = true;
      create = "0640 root root";
    };
  };
  "no log file, nothing to rotate" =
    let
      e = of { log.file = null; };
    in
    {
      is = [
        e.config.services.logrotate.settings
        (json e).log.file
        (unit e ? ReadWritePaths)
      ];
      want = [
        { }
        null
        false
      ];
    };
  "autoSnapshot has a timer of its own" =
    let
      e = of { autoSnapshot.enable = true; };
    in
    {
      is = [
        (service e "zfsrep-snapshot").serviceConfig.ExecStart
        e.config.systemd.timers.zfsrep-snapshot.timerConfig.OnCalendar
        (json e).autoSnapshot
      ];
      want = [
        "/zfsrep/bin/zfsrep snapshot --config /etc/zfs-replication/config.json"
        "*-*-* 03:00:00"
        {
          enable = true;
          prefix = "daily-";
          keep = "30d";
        }
      ];
    };
}
