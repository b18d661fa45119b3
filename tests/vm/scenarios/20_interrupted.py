# What goes wrong on the way: the link is cut in the middle, the target is down, zfsrep is killed. The next run mends it.
D = "tank/services"


def big_day(name, megabytes=24):
    source.succeed(f"dd if=/dev/urandom of=/{D}/{name} bs=1M count={megabytes} status=none", f"zfs snapshot {D}@{name}")


def token():
    return get(target, "receive_resume_token", D)


def start_run():
    source.succeed("rm -f /root/run.exit; (s=0; zfsrep run > /root/run.log 2>&1 || s=$?; echo $s > /root/run.exit) >/dev/null 2>&1 &")


def wait_for_partial(least=2 << 20):
    """Until some of the transfer has been written on the target."""
    target.wait_until_succeeds(
        f"test $(zfs get -Hp -o value receive_resume_token {D}) != - && "
        f"test $(zfs list -Hp -o used tank) -gt {used_before + least}", timeout=300)


source.succeed(f"zfs create {D}")
big_day("one", 4)
write_config(D, limits={"bandwidth": "1M"}, timeouts={"connect": "10s", "stall": "20s"})

with subtest("the target is unreachable: exit 1, in plain words, nothing lost"):
    source.block()
    text = zfsrep("run", 1)
    assert "cannot reach" in text and "192.168.1.15" in text, text
    source.unblock()
    source.wait_until_succeeds("ping -c1 192.168.1.15 2>/dev/null || " + "timeout 5 bash -c '</dev/tcp/192.168.1.15/22'", timeout=60)

with subtest("the next run mends it"):
    zfsrep("run", 0)
    assert guids(source, D) == guids(target, D)

with subtest("the link is cut in the middle of a transfer"):
    big_day("two")
    used_before = int(get(target, "used", "tank"))
    start_run()
    wait_for_partial()
    source.block()
    source.wait_until_succeeds("test -s /root/run.exit", timeout=180)
    assert source.succeed("cat /root/run.exit") == "1\n", source.succeed("cat /root/run.log")
    source.unblock()
    target.wait_until_succeeds("! pgrep -x zfs", timeout=300)
    assert token() != "-"

with subtest("the plan says that it resumes, and the run resumes"):
    text = zfsrep("plan --dry-run", 0)
    print(text)
    assert "resume" in text, text
    plan = json.loads(zfsrep("plan --json", 0))
    sends = [a for a in plan["actions"] if a["kind"] == "send"]
    assert [a["mode"] for a in sends] == ["resume"], sends
    zfsrep("run", 0)
    assert token() == "-"
    assert guids(source, D) == guids(target, D)
    assert checksums(source, f"{D}@two") == checksums(target, f"{D}@two")

with subtest("zfsrep is killed with -9 in the middle, and the next run carries on"):
    big_day("three")
    used_before = int(get(target, "used", "tank"))
    start_run()
    wait_for_partial()
    source.succeed("pkill -9 -x zfsrep")
    target.wait_until_succeeds("! pgrep -x zfs", timeout=300)
    assert token() != "-"
    zfsrep("run", 0)
    assert guids(source, D) == guids(target, D)
    assert checksums(source, f"{D}@three") == checksums(target, f"{D}@three")

with subtest("a partial receive of a snapshot that is gone is cleared away"):
    big_day("four")
    used_before = int(get(target, "used", "tank"))
    start_run()
    wait_for_partial()
    source.succeed("pkill -9 -x zfsrep")
    target.wait_until_succeeds("! pgrep -x zfs", timeout=300)
    source.succeed(f"zfs destroy {D}@four")
    big_day("five", 4)
    text = zfsrep("plan --dry-run", 0)
    print(text)
    assert "cannot be resumed" in text, text
    zfsrep("run", 0)
    assert guids(source, D) == guids(target, D)

with subtest("a receive that is still running is left alone, and two runs never meet"):
    big_day("six")
    used_before = int(get(target, "used", "tank"))
    start_run()
    wait_for_partial()
    assert "another zfsrep" in zfsrep("run", 4)
    text = zfsrep("plan --dry-run", 3)
    assert "receive-busy" in text, text
    source.wait_until_succeeds("test -s /root/run.exit", timeout=300)
    assert source.succeed("cat /root/run.exit") == "0\n"
    assert guids(source, D) == guids(target, D)
