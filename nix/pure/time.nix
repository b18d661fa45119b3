# When a timer fires: "04:00" with a spread of 5 minutes is the window
# 03:55 to 04:05, as the original design has it.
#
# systemd only ever delays (RandomizedDelaySec= is added to OnCalendar=), so the
# window's beginning becomes OnCalendar= and its whole width the random delay.
# That can be computed for a plain time of day. Any other calendar expression
# ("Mon..Fri 22:00", "hourly") is left as it is, and the spread only delays.
let
  units = {
    s = 1;
    sec = 1;
    m = 60;
    min = 60;
    h = 3600;
  };

  # "5min" -> 300
  seconds =
    span:
    let
      m = builtins.match "([0-9]+) *(s|sec|m|min|h)" span;
    in
    if m == null then
      throw "randomizedDelay: ${builtins.toJSON span} is not a time span that zfsrep's module understands. Write a number and one of s, min, h, for example \"5min\"."
    else
      number (builtins.elemAt m 0) * units.${builtins.elemAt m 1};

  # "08" is no JSON number, so leading zeros go first.
  number =
    digits:
    let
      m = builtins.match "0*([0-9]+)" digits;
    in
    builtins.fromJSON (builtins.head m);

  two = n: if n < 10 then "0${toString n}" else toString n;

  clock = s: "${two (s / 3600)}:${two ((s - s / 3600 * 3600) / 60)}:${two (s - s / 60 * 60)}";

  day = 86400;
  wrap = s: s - s / day * day;
in
{
  inherit seconds;

  timer =
    {
      schedule,
      randomizedDelay,
      persistent,
    }:
    let
      spread = seconds randomizedDelay;
      plain = builtins.match "([01]?[0-9]|2[0-3]):([0-5][0-9])(:([0-5][0-9]))?" schedule;
      at = i: if builtins.elemAt plain i == null then 0 else number (builtins.elemAt plain i);
      time = at 0 * 3600 + at 1 * 60 + at 3;
    in
    {
      OnCalendar =
        if plain == null then
          schedule
        else
          "*-*-* ${clock (wrap (time - spread + day * (spread / day + 1)))}";
      RandomizedDelaySec = if plain == null then spread else 2 * spread;
      # The default of a minute would blur the window.
      AccuracySec = "1s";
      Persistent = persistent;
    };
}
