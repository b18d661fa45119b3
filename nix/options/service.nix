# How systemd runs a job: options that do not go into config.json.
{
  lib,
  own,
  option,
}:
let
  inherit (lib) types;
in
{
  schedule = option [ "schedule" ] {
    type = types.nonEmptyStr;
    example = "Mon..Fri 22:00";
    description = ''
      When it runs: a time of day such as `"04:00"`, or any calendar expression
      of {manpage}`systemd.time(7)`.
    '';
  };

  randomizedDelay = option [ "randomizedDelay" ] {
    type = own.spread;
    example = "1h";
    description = ''
      How far from {option}`services.zfs-replication.schedule` it may start, by
      chance: around a time of day (`"04:00"` and `"5min"` are 03:55 to 04:05),
      after any other calendar expression, since systemd can only delay. `"0s"`:
      on the dot.
    '';
  };

  persistent = option [ "persistent" ] {
    type = types.bool;
    description = "Whether a run that was missed because the machine was off is made up for after booting.";
  };

  user = option [ "user" ] {
    type = own.user;
    example = "zfs-replication";
    description = ''
      Who runs it. Anybody but root gets exactly the rights to this machine's
      datasets that the job needs, by {command}`zfs allow`, and no other
      privilege. The user `zfs-replication` is created; any other has to exist.
    '';
  };

  retry = {
    delay = option [ "retry" "delay" ] {
      type = own.systemdSpan;
      description = "How long after a failure it tries again.";
    };
    attempts = option [ "retry" "attempts" ] {
      type = types.ints.positive;
      description = ''
        How many failed attempts there are within
        {option}`services.zfs-replication.retry.within`. What a retry cannot mend
        (a wrong config, a dataset that needs a person's decision) is not tried
        again.
      '';
    };
    within = option [ "retry" "within" ] {
      type = own.systemdSpan;
      description = "The time that {option}`services.zfs-replication.retry.attempts` is counted in.";
    };
  };

  onFailure = option [ "onFailure" ] {
    type = types.listOf own.unit;
    example = [ "tell-everybody.service" ];
    description = ''
      Units that are started when it has failed and will not be tried again.
    '';
  };

  onSuccess = option [ "onSuccess" ] {
    type = types.listOf own.unit;
    example = [ "tell-everybody.service" ];
    description = ''
      Units that are started when it has succeeded: to tell somebody who worries
      when he hears nothing.
    '';
  };
}
