# Somebody else takes and prunes the snapshots: sanoid. zfsrep replicates what is there, whatever it is called, and its
# bookmarks keep the chain when sanoid has pruned everything that both sides had.
A = "tank/a"
CONFIG = f"""
[{A}]
        use_template = night
[template_night]
        frequently = 0
        hourly = 0
        daily = 2
        weekly = 0
        monthly = 0
        yearly = 0
        daily_hour = 3
        daily_min = 0
        autosnap = yes
        autoprune = yes
"""


def sanoid(day):
    source.succeed(f"date -s '2025-11-{day:02} 03:05' >/dev/null", f"echo {day} > /{A}/day",
                   "TZ=UTC sanoid --take-snapshots --quiet --configdir=/etc/sanoid", "TZ=UTC sanoid --prune-snapshots --force-prune --quiet --configdir=/etc/sanoid")


source.succeed("date +%s > /root/clock", f"zfs create {A}")
write_file(source, "/etc/sanoid/sanoid.conf", CONFIG)
source.succeed("test -e /etc/sanoid/sanoid.defaults.conf || cp /usr/share/sanoid/sanoid.defaults.conf /etc/sanoid/ || "
               "cp $(dirname $(readlink -f $(command -v sanoid)))/../etc/sanoid/sanoid.defaults.conf /etc/sanoid/; rm -rf /var/cache/sanoid")
write_config(A)
try:
    with subtest("what sanoid takes is replicated"):
        sanoid(1)
        zfsrep("run", 0)
        assert guids(source, A) == guids(target, A) and len(guids(source, A)) == 1, guids(source, A)

    with subtest("zfsrep stays away for a week, sanoid prunes what was common, the chain goes on"):
        first = list(guids(source, A))[0]
        for day in range(2, 9):
            sanoid(day)
        assert first not in guids(source, A), guids(source, A)
        text = zfsrep("plan --dry-run", 0)
        print(text)
        zfsrep("run", 0)
        ours, theirs = guids(source, A), guids(target, A)
        assert ours.items() <= theirs.items() and first in theirs, (ours, theirs)
        newest = list(ours)[-1]
        assert checksums(source, f"{A}@{newest}") == checksums(target, f"{A}@{newest}")
        assert "nothing to do" in zfsrep("plan --dry-run", 0)
finally:
    source.succeed("date -s @$(( $(cat /root/clock) + 60 )) >/dev/null")
