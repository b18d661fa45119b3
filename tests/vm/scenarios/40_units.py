# systemd does the whole run, with the units that Nix makes: the timer fires while the target is away, the service
# fails and is tried again, the target comes back, the replicas arrive. The log file and the journal tell the story.
D = "tank/services"
FIVE = [D] + [f"tank/shack/cloud/{name}" for name in ("immich", "nextcloud", "syncthing", "vaultwarden")]


def show(unit, prop):
    return source.succeed(f"systemctl show {unit} --property={prop} --value").strip()


JOURNAL = f"journalctl --unit=zfs-replication --output=cat --no-pager --since=@{source.succeed('date +%s').strip()}"

for d in FIVE:
    source.succeed(f"zfs create -p {d}", f"echo {d} > /{d}/file", f"zfs snapshot {d}@daily-2025-11-25")

with subtest("the seed's timer: daily at 04:00, give or take 5 minutes"):
    use("seed")
    source.succeed("systemctl start zfs-replication.timer")
    due = source.succeed("date -d \"$(systemctl show zfs-replication.timer --property=NextElapseUSecRealtime --value)\" +%H:%M:%S").strip()
    assert "03:55:00" <= due <= "04:05:00", due
    assert show("zfs-replication.timer", "Persistent") == "yes"
    source.succeed("systemctl stop zfs-replication.timer")

with subtest("the timer fires while the target is away: the service fails, and systemd tries again"):
    use("timer")
    source.block()
    source.succeed("systemctl start zfs-replication.timer")
    source.wait_until_succeeds("test \"$(systemctl show zfs-replication --property=Result --value)\" = exit-code", timeout=180)
    # From here on it is no longer the timer's doing.
    source.succeed("systemctl stop zfs-replication.timer")
    source.wait_until_succeeds("test \"$(systemctl show zfs-replication --property=NRestarts --value)\" -ge 2", timeout=180)
    assert "status=1/FAILURE" in source.succeed(JOURNAL)

with subtest("the target is back: the replicas arrive without anybody's help"):
    source.unblock()
    for d in FIVE:
        target.wait_until_succeeds(f"zfs list {d}@daily-2025-11-25", timeout=300)
    source.wait_until_succeeds("test \"$(systemctl show zfs-replication --property=ActiveState --value)\" = inactive", timeout=120)
    assert show("zfs-replication", "Result") == "success"
    for d in FIVE:
        assert guids(source, d) == guids(target, d)
        assert get(target, "mounted", d) == "no"

with subtest("the log file and the journal tell the story"):
    for text in (source.succeed("cat /var/log/zfs-replication.log"),
                 source.succeed(JOURNAL)):
        assert text.index("cannot reach") < text.index("success"), text
    assert source.succeed("stat -c '%a %U' /var/log/zfs-replication.log") == "640 root\n"

with subtest("the log is rotated, and the next run begins a new one"):
    use("seed")
    source.succeed("echo an old line > /var/log/zfs-replication.log")
    rotate_logs(source)
    source.succeed("systemctl start zfs-replication")
    text = source.succeed("cat /var/log/zfs-replication.log")
    assert "an old line" not in text and "nothing to do" in text, text
    assert source.succeed("cat /var/log/zfs-replication.log.1") == "an old line\n"

with subtest("autoSnapshot: at 03:00 its timer takes one snapshot of each dataset, and replication takes them along"):
    use("snapshots")
    today = source.succeed("date +%Y-%m-%d").strip()
    source.succeed("systemctl start zfsrep-snapshot.timer")
    due = source.succeed("date -d \"$(systemctl show zfsrep-snapshot.timer --property=NextElapseUSecRealtime --value)\" +%H:%M").strip()
    assert due == "03:00", due
    source.succeed("systemctl stop zfsrep-snapshot.timer", "systemctl start zfsrep-snapshot")
    for d in FIVE:
        assert f"daily-{today}" in guids(source, d), guids(source, d)
    source.succeed("systemctl start zfsrep-snapshot", "systemctl start zfs-replication")
    for d in FIVE:
        assert guids(source, d) == guids(target, d)

with subtest("any number of good runs is fine, and what fails is tried three times an hour"):
    write_file(source, "/run/systemd/system/told.service", "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo told >> /run/told'\n")
    source.succeed("rm -f /run/told")
    use("impatient")
    before = source.succeed(JOURNAL)
    source.succeed("systemctl stop zfs-replication.timer", *["systemctl start zfs-replication"] * 5)
    source.block()
    source.fail("systemctl start zfs-replication")
    source.wait_until_succeeds("test -e /run/told", timeout=180)
    source.unblock()
    assert show("zfs-replication", "ActiveState") == "failed"
    assert source.succeed("cat /run/told") == "told\n"
    story = source.succeed(JOURNAL)[len(before):]
    assert story.count("success: ") == 5 and story.count("status=1/FAILURE") == 3, story
    source.fail("systemctl start zfs-replication")

with subtest("what a retry cannot mend is not tried again"):
    use("seed")
    target.succeed(f"zfs snapshot {D}@of-its-own")
    source.succeed(f"zfs snapshot {D}@daily-2025-11-26")
    source.fail("systemctl start zfs-replication")
    assert show("zfs-replication", "ExecMainStatus") == "3"
    assert show("zfs-replication", "ActiveState") == "failed"
    assert show("zfs-replication", "NRestarts") == "0"

with subtest("nor does it use up the attempts of others"):
    refused = source.succeed(JOURNAL).count("repeated too quickly")
    for _ in range(5):
        source.fail("systemctl start zfs-replication")
        assert show("zfs-replication", "ExecMainStatus") == "3"
    assert source.succeed(JOURNAL).count("repeated too quickly") == refused

leave()
