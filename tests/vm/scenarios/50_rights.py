# Nobody is root: a user of its own on the source, rights by `zfs allow` on both sides, and a target that only adds.
D = "tank/services"
FIVE = [D] + [f"tank/shack/cloud/{name}" for name in ("immich", "nextcloud", "syncthing", "vaultwarden")]
R = "tank/kraken/services"


def day(name):
    source.succeed(*(f"echo {name} > /{d}/file" for d in FIVE), "zfs snapshot " + " ".join(f"{d}@{name}" for d in FIVE))


for d in FIVE:
    source.succeed(f"zfs create -p {d}")
day("one")
write_file(source, "/root/.ssh/known_hosts", f"192.168.1.15 {host_key()}\n")

with subtest("a user replicates, with rights and without privileges"):
    use("rights")
    source.succeed("systemctl start zfs-replication")
    assert source.succeed("stat -c %U /var/lib/zfsrep-zfs-replication/*").split()[0] == "zfs-replication"
    assert guids(source, D) == guids(target, R)
    assert get(target, "mounted", R) == "no"
    # The user could not have set them; the place has them.
    assert get(target, "mountpoint,com.sun:auto-snapshot", R) == "none\nfalse"

with subtest("the next day, too"):
    day("two")
    source.succeed("systemctl start zfs-replication")
    assert guids(source, D) == guids(target, R)
    assert checksums(source, f"{D}@two") == checksums(target, f"{R}@two")

with subtest("between the runs nobody has rights on the source"):
    source.wait_until_succeeds("test \"$(systemctl show zfsrep-rights --property=ActiveState --value)\" = inactive", timeout=60)
    for d in FIVE:
        assert source.succeed(f"zfs allow {d}") == "", source.succeed(f"zfs allow {d}")

with subtest("the place is made so that nothing in it is mounted, run or set-uid"):
    for prop, value in (("canmount", "off"), ("mountpoint", "none"), ("setuid", "off"), ("devices", "off"), ("exec", "off"),
                        ("com.sun:auto-snapshot", "false")):
        assert get(target, prop, "tank/kraken") == value, prop

with subtest("the user has rights there and nowhere else"):
    target.succeed("zfs create tank/other")
    source.fail(on_box("zfs create -u -o mountpoint=none -o canmount=off tank/other/x"), on_box("zfs destroy tank/other"), on_box("sudo -n zfs list"))

with subtest("where only adding is allowed, nothing is rolled back and nothing is pruned"):
    target.succeed("zfs destroy -r tank/kraken")
    use("append")
    day("three")
    # The source says to keep one, and is refused; what is new arrives all the same.
    source.fail("systemctl start zfs-replication")
    have = guids(target, R)
    assert guids(source, D).items() <= have.items(), have
    target.succeed(f"zfs snapshot {R}@of-its-own")
    day("four")
    source.fail("systemctl start zfs-replication")
    assert "of-its-own" in guids(target, R)

with subtest("the same by zfs allow: the user may add, and neither destroy nor roll back"):
    target.succeed("zfs destroy -r tank/kraken")
    use("append-rights")
    day("five")
    source.succeed("systemctl start zfs-replication")
    day("six")
    source.succeed("systemctl start zfs-replication")
    assert guids(source, D).items() <= guids(target, R).items()
    for command in (f"zfs destroy {R}@six", f"zfs rollback {R}@six", f"zfs destroy -r {R}"):
        source.fail(on_box(command))
    assert guids(source, D).items() <= guids(target, R).items()

with subtest("a place that was there before and could be mounted gets no rights, and says how it would"):
    target.succeed("systemctl stop zfs-replication-target", "zfs destroy -r tank/kraken", "zfs create tank/kraken")
    target.fail("systemctl start zfs-replication-target")
    assert target.succeed("zfs allow tank/kraken") == ""
    said = target.succeed("journalctl --unit=zfs-replication-target --output=cat --no-pager")
    way_out = next(line for line in said.splitlines() if "is not as a place has to be" in line).rpartition(": ")[2]
    target.succeed(way_out, "systemctl start zfs-replication-target")
    assert "receive:append" in target.succeed("zfs allow tank/kraken")

leave()
