# The floor under everything else, without zfsrep: two machines, real ZFS, one narrow way from one to the other.

with subtest("both machines are up and run OpenZFS"):
    for machine in (source, target):
        machine.wait_for_unit("multi-user.target")
        assert machine.succeed("zfs version").count("zfs-") == 2
        assert machine.succeed("zpool list -H -o name,health") == "tank\tONLINE\n"

with subtest("box lets kraken in, by key, with its host key pinned"):
    source.succeed("rm -f /root/.ssh/known_hosts")
    source.fail(on_box("true"))
    write_file(source, "/root/.ssh/known_hosts", f"192.168.1.15 {host_key()}\n")
    assert source.succeed(on_box("id -un; hostname")) == "box\nbox\n"

with subtest("user box finds zfs and zpool, and may read"):
    source.succeed(on_box("zfs list -H -o name tank"), on_box("zpool get -H -o value health tank"))

with subtest("a snapshot arrives through sudo, with its guid"):
    source.succeed("zfs create tank/a", "echo hello > /tank/a/file", "zfs snapshot tank/a@one")
    source.succeed("zfs send tank/a@one | " + on_box("sudo -n zfs receive -u -o readonly=on tank/a"))
    assert guids(source, "tank/a") == guids(target, "tank/a")
    assert get(target, "mounted", "tank/a") == "no"

with subtest("nothing else is allowed"):
    for command in ("sudo -n id", "sudo -n zfs mount tank/a", "sudo -n zpool destroy tank", "sudo -n zfs send tank/a@one"):
        source.fail(on_box(command))
    source.fail(on_box("zfs destroy tank/a@one"), on_box("zfs create tank/b"))
    assert list(guids(target, "tank/a")) == ["one"]

with subtest("the link can be cut and restored"):
    source.block()
    source.fail("ssh -o BatchMode=yes -o ConnectTimeout=5 box@192.168.1.15 true")
    source.unblock()
    source.wait_until_succeeds(on_box("true"), timeout=60)

with subtest("a machine that lost its power comes back, and so does its pool"):
    target.crash()
    target.start()
    target.wait_for_unit("ssh.service")
    pool_is_back(target)
    assert guids(source, "tank/a") == guids(target, "tank/a")
    source.wait_until_succeeds(on_box("zfs list tank/a"), timeout=60)
