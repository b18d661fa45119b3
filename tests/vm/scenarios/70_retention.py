# What is pruned on both sides, and what never is. And snapshots that zfsrep takes itself.
A = "tank/a"


def clock(time):
    """Sets both machines' clocks: two that disagree are a reason to prune nothing."""
    for machine in (source, target):
        machine.succeed(f"date -s '{time}' >/dev/null")


def day(n):
    """A snapshot of the n-th day of the clock's month, as if it had been taken then."""
    clock(f"2025-11-{n:02} 03:00")
    source.succeed(f"echo {n} > /{A}/day", f"zfs snapshot {A}@daily-2025-11-{n:02}")


def days(machine):
    return [int(name[-2:]) for name in guids(machine, A) if name.startswith("daily-")]


for machine in (source, target):
    machine.succeed("date +%s > /root/clock")
source.succeed(f"zfs create {A}")
try:
    for n in range(1, 13):
        day(n)
    source.succeed(f"zfs hold keep {A}@daily-2025-11-03", f"zfs snapshot {A}@by-hand")
    write_config(A, retention={"source": {"match": ["daily-*"], "within": "100h"}, "target": {"match": ["daily-*"], "within": "200h", "last": 2}})

    with subtest("the plan lists by name what will go, on both sides, and why"):
        text = zfsrep("plan --dry-run", 0)
        print(text)
        assert "daily-2025-11-01" in text and "retention.source" in text and "retention.target" in text, text
        plan = json.loads(zfsrep("plan --json", 0))
        assert {a["side"] for a in plan["actions"] if a["kind"] == "destroy-snapshots"} == {"source", "target"}, plan
        zfsrep("run", 0)

    with subtest("held and foreign snapshots stay; the newest common one stays"):
        zfsrep("run", 0)
        assert days(source) == [3, 8, 9, 10, 11, 12], days(source)
        assert days(target) == [4, 5, 6, 7, 8, 9, 10, 11, 12], days(target)
        for machine in (source, target):
            assert "by-hand" in guids(machine, A)
        assert "nothing to do" in zfsrep("plan --dry-run", 0)

    with subtest("a conflict prunes nothing"):
        target.succeed(f"zfs snapshot {A}@own")
        clock("2025-11-25 04:00")
        source.succeed(f"zfs snapshot {A}@daily-2025-11-25")
        zfsrep("run", 3)
        assert days(source) == [3, 8, 9, 10, 11, 12, 25]
        target.succeed(f"zfs destroy {A}@own")

    with subtest("more destroys than the limit destroy nothing, and everything is sent"):
        write_config(A, retention={"target": {"match": ["daily-*"], "last": 1}}, limits={"destroy": 3})
        text = zfsrep("run", 3)
        assert "destroy-limit" in text, text
        assert days(target) == [4, 5, 6, 7, 8, 9, 10, 11, 12, 25], days(target)

    with subtest("within the limit they go, and the last one never does"):
        write_config(A, retention={"target": {"match": ["*"], "last": 1}})
        zfsrep("run", 0)
        assert days(target) == [25], days(target)
        clock("2026-03-01 04:00")
        write_config(A, retention={"target": {"match": ["*"], "within": "1d"}, "source": {"match": ["*"], "within": "1d"}})
        zfsrep("run", 0)
        assert days(target) == [25] and 25 in days(source)
        assert "nothing to do" in zfsrep("plan --dry-run", 0)

    with subtest("zfsrep snapshot: one a day, and the old ones go when they have arrived"):
        write_config(A)
        config = json.loads(source.succeed("cat /etc/zfs-replication/config.json"))
        config["autoSnapshot"] = {"enable": True, "prefix": "auto-", "keep": "50h"}
        write_file(source, "/etc/zfs-replication/config.json", json.dumps(config))
        for n in (2, 3, 4):
            clock(f"2026-03-{n:02} 03:00")
            source.succeed("zfsrep snapshot", "zfsrep snapshot")
        names = [n for n in guids(source, A) if n.startswith("auto-")]
        assert names == ["auto-2026-03-02", "auto-2026-03-03", "auto-2026-03-04"], names
        clock("2026-03-06 03:00")
        source.succeed("zfsrep snapshot")
        assert "auto-2026-03-02" in guids(source, A), "it has not arrived and must stay"
        zfsrep("run", 0)
        zfsrep("snapshot", 0)
        names = [n for n in guids(source, A) if n.startswith("auto-")]
        assert names == ["auto-2026-03-03", "auto-2026-03-04", "auto-2026-03-06"], names  # the missed day counts for nothing
        assert "auto-2026-03-02" in guids(target, A)
        zfsrep("run", 0)
    with subtest("two clocks that disagree prune nothing by age, and that is said"):
        source.succeed("date -s '2027-05-01 03:00' >/dev/null", f"zfs snapshot {A}@late")
        before = days(source), days(target)
        write_config(A, retention={"target": {"match": ["*"], "within": "1d"}, "source": {"match": ["*"], "within": "1d"}})
        text = zfsrep("run", 0)
        assert "days apart" in text, text
        assert (days(source), days(target)) == before and "late" in guids(target, A)
finally:
    for machine in (source, target):
        machine.succeed("date -s @$(( $(cat /root/clock) + 60 )) >/dev/null")
