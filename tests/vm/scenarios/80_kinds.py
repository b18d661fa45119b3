# Volumes, clones, trees with exclusions, renamed sources, properties: each as ZFS really does it.
write_config("tank/vm", "tank/tree")

with subtest("a volume"):
    source.succeed("zfs create -V 8M tank/vm", "udevadm settle; dd if=/dev/urandom of=/dev/zvol/tank/vm bs=1M count=2 status=none; sync",
                   "zfs snapshot tank/vm@one", "dd if=/dev/urandom of=/dev/zvol/tank/vm bs=1M count=1 seek=4 status=none; sync", "zfs snapshot tank/vm@two")
    source.succeed("zfs create tank/tree", "zfs create tank/tree/a", "zfs create tank/tree/cache", "zfs create tank/tree/cache/x",
                   "echo hello > /tank/tree/a/file", "zfs snapshot -r tank/tree@one")
    zfsrep("run", 0)
    assert guids(source, "tank/vm") == guids(target, "tank/vm")
    assert get(target, "readonly", "tank/vm") == "on"
    want = source.succeed("sha256sum < /dev/zvol/tank/vm")
    target.succeed("zfs clone tank/vm@two tank/look")
    target.wait_until_succeeds("test -e /dev/zvol/tank/look", timeout=30)
    assert target.succeed("sha256sum < /dev/zvol/tank/look") == want
    target.succeed("zfs destroy tank/look")

with subtest("a tree, children after parents; an excluded child stays out with all below it"):
    source.succeed("zfs snapshot -r tank/tree@two")
    write_config("tank/vm", {"name": "tank/tree", "exclude": ["tank/tree/cache"]})
    zfsrep("run", 0)
    for d in ("tank/tree", "tank/tree/a"):
        assert guids(source, d) == guids(target, d)
    for d in ("tank/tree/cache", "tank/tree/cache/x"):
        assert list(guids(target, d)) == ["one"], "what was excluded is left as it was"

with subtest("a clone becomes a clone of the origin's replica"):
    source.succeed("zfs clone tank/tree/a@two tank/tree/clone", "echo more > /tank/tree/clone/more", "zfs snapshot tank/tree/clone@three", "zfs snapshot tank/tree/clone@four")
    text = zfsrep("plan --dry-run", 0)
    print(text)
    zfsrep("run", 0)
    assert guids(source, "tank/tree/clone") == guids(target, "tank/tree/clone")
    assert get(target, "origin", "tank/tree/clone") == "tank/tree/a@two"
    assert checksums(source, "tank/tree/clone@four") == checksums(target, "tank/tree/clone@four")
    assert "nothing to do" in zfsrep("plan --dry-run", 0)

with subtest("a renamed source is noticed by its history; after the rename on the target it goes on"):
    source.succeed("zfs destroy -r tank/tree/clone", "zfs rename tank/tree/a tank/tree/b", "zfs snapshot tank/tree/b@three")
    text = zfsrep("run", 3)
    assert "source-renamed" in text and "zfs rename -u tank/tree/a tank/tree/b" in text, text
    target.succeed("zfs rename -u tank/tree/a tank/tree/b")
    zfsrep("run", 0)
    assert guids(source, "tank/tree/b") == guids(target, "tank/tree/b")

with subtest("properties come along without taking effect"):
    source.succeed("zfs create -o quota=100M -o mountpoint=/etc/danger -o compression=gzip -o com.example:note=hello tank/props",
                   "echo hi > /etc/danger/file", "zfs snapshot tank/props@one")
    write_config("tank/props", send={"properties": True}, receive={"properties": {"com.example:replica": "yes"}})
    zfsrep("run", 0)
    assert get(target, "mountpoint", "tank/props") == "none" and get(target, "mounted", "tank/props") == "no"
    assert get(target, "quota", "tank/props") == "0"
    assert get(target, "compression", "tank/props") == "gzip" and get(target, "com.example:note", "tank/props") == "hello"
    assert get(target, "com.example:replica", "tank/props") == "yes"
    assert target.succeed("zfs get -H -o received mountpoint tank/props") == "/etc/danger\n"
    target.fail("test -e /etc/danger")
    source.succeed("zfs snapshot tank/props@two")
    zfsrep("run", 0)
    assert get(target, "mountpoint", "tank/props") == "none"

with subtest("another pool layout: a prefix on the target, and parents that are missing"):
    source.succeed("zfs create -p tank/deep/er/est", "zfs snapshot tank/deep/er/est@one")
    write_config("tank/deep/er/est", remotePool="tank/backups/kraken")
    zfsrep("run", 0)
    assert guids(source, "tank/deep/er/est") == guids(target, "tank/backups/kraken/deep/er/est")
    assert get(target, "mountpoint", "tank/backups/kraken") == "none"

with subtest("a dataset that was made as an empty place is replaced, its children stay"):
    source.succeed("zfs snapshot tank/deep@one")
    write_config({"name": "tank/deep", "recursive": False}, {"name": "tank/deep/er/est"}, remotePool="tank/backups/kraken")
    zfsrep("run", 0)
    assert guids(source, "tank/deep") == guids(target, "tank/backups/kraken/deep")
    assert guids(source, "tank/deep/er/est") == guids(target, "tank/backups/kraken/deep/er/est")
