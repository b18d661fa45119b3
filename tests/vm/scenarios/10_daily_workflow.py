# The original design's daily workflow: five datasets, snapshots at 03:00, replication at 04:00. The first night
# brings everything with its history, every night after it an increment.
FIVE = [
    "tank/services",
    "tank/shack/cloud/immich",
    "tank/shack/cloud/nextcloud",
    "tank/shack/cloud/syncthing",
    "tank/shack/cloud/vaultwarden",
]


def snapshot_all(day):
    """A day's work in each dataset, and the snapshots of 03:00."""
    for d in FIVE:
        source.succeed(f"dd if=/dev/urandom of=/{d}/{day} bs=64k count=2 status=none; echo {day} > /{d}/latest")
    source.succeed("zfs snapshot " + " ".join(f"{d}@daily-{day}" for d in FIVE))


def assert_replicated():
    """Every snapshot of the source has arrived, by GUID, and the newest holds the same files."""
    for d in FIVE:
        ours, theirs = guids(source, d), guids(target, d)
        assert ours.items() <= theirs.items(), f"{d}: {ours} is not all in {theirs}"
        newest = list(guids(source, d))[-1]
        assert checksums(source, f"{d}@{newest}") == checksums(target, f"{d}@{newest}"), f"{d}@{newest} differs"


for d in FIVE:
    source.succeed(f"zfs create -p {d}")
for day in ("2025-11-24", "2025-11-25", "2025-11-26"):
    snapshot_all(day)
write_config(*FIVE)

with subtest("the config is good"):
    source.succeed("zfsrep check")

with subtest("the first plan is shown and touches nothing"):
    before = target.succeed("zfs list -Hp -t all -o name,guid")
    text = zfsrep("plan --dry-run", 0)
    print(text)
    assert "tank/shack/cloud/immich" in text
    assert target.succeed("zfs list -Hp -t all -o name,guid") == before

with subtest("the first run brings everything with its history"):
    print(zfsrep("run", 0))
    assert_replicated()

with subtest("parents were made, unmounted; replicas are read-only and not mounted"):
    for parent in ("tank/shack", "tank/shack/cloud"):
        assert get(target, "canmount", parent) == "off"
        assert get(target, "mountpoint", parent) == "none"
        assert get(target, "zfsrep:place", parent) == parent
    for d in FIVE:
        assert get(target, "mounted", d) == "no"
        assert get(target, "readonly", d) == "on"
        assert get(target, "canmount", d) == "noauto"
    assert "tank/" not in target.succeed("mount -t zfs")

with subtest("a bookmark of what arrived stays on the source"):
    for d in FIVE:
        newest = list(guids(source, d).values())[-1]
        pool = target.succeed("zpool get -Hp -o value guid tank").strip()
        marks = source.succeed(f"zfs list -Hp -t bookmark -d 1 -o name,guid {d}").split()
        assert len(marks) == 2 and marks[0].startswith(f"{d}#zfsrep_{newest}_{pool}_") and marks[1] == newest, marks

with subtest("another run has nothing to do"):
    assert "nothing to do" in zfsrep("plan --dry-run", 0)
    zfsrep("run", 0)
    assert_replicated()

with subtest("the next day's increment"):
    snapshot_all("2025-11-27")
    text = zfsrep("plan --dry-run --commands", 0)
    print(text)
    assert "zfs send" in text and "sudo -n zfs receive" in text
    zfsrep("run", 0)
    assert_replicated()

with subtest("three missed days arrive as one send each"):
    for day in ("2025-11-28", "2025-11-29", "2025-11-30"):
        snapshot_all(day)
    plan = json.loads(zfsrep("plan --json", 0))
    sends = [a for a in plan["actions"] if a["kind"] == "send"]
    assert len(sends) == len(FIVE) and all(a["intermediates"] for a in sends), sends
    zfsrep("run", 0)
    assert_replicated()

with subtest("the chain survives when the source prunes everything that is common"):
    d = FIVE[0]
    snapshot_all("2025-12-01")
    old = [s for s in guids(source, d) if s != "daily-2025-12-01"]
    source.succeed(f"zfs destroy {d}@{','.join(old)}")
    zfsrep("run", 0)
    assert list(guids(target, d)) == old + ["daily-2025-12-01"]

with subtest("status says that all is well"):
    status = json.loads(zfsrep("status --json", 0))
    for r in status["jobs"][0]["replicas"]:
        assert r["pending"] == 0 and r["conflict"] is None and r["replicated"] == "daily-2025-12-01", r
    print(zfsrep("status", 0))

with subtest("a saved plan runs as it was shown, and is refused when the world has moved on"):
    snapshot_all("2025-12-02")
    zfsrep("plan --out /root/plan.json", 0)
    zfsrep("apply /root/plan.json", 0)
    assert_replicated()
    text = zfsrep("apply /root/plan.json", 1)
    assert "since then" in text, text
    assert_replicated()

with subtest("a file comes back from the replica"):
    d = FIVE[1]
    target.succeed(f"zfs clone -o mountpoint=/restored -o readonly=on {d}@daily-2025-11-26 tank/restored")
    want = source.succeed(f"cat /{d}/.zfs/snapshot/daily-2025-11-26/latest")
    assert target.succeed("cat /restored/latest") == want == "2025-11-26\n"
    target.succeed("zfs destroy tank/restored")
