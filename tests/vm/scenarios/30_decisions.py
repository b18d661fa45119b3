# What a person must decide is refused with the way out, and everything else is served.
A, B, C = "tank/a", "tank/b", "tank/gone"

for d in (A, B):
    source.succeed(f"zfs create {d}", f"echo one > /{d}/file", f"zfs snapshot {d}@one")
write_config(A, B)
zfsrep("run", 0)

with subtest("a dataset that does not exist is named, the others are served"):
    source.succeed(f"zfs snapshot {A}@two", f"zfs snapshot {B}@two")
    write_config(A, B, C)
    text = zfsrep("run", 3)
    assert "source-missing" in text and C in text, text
    assert guids(source, A) == guids(target, A)
    assert guids(source, B) == guids(target, B)
    write_config(A, B)

with subtest("a diverged replica is refused with evidence, the other is served"):
    target.succeed(f"zfs snapshot {A}@own")
    source.succeed(f"zfs snapshot {A}@three", f"zfs snapshot {B}@three")
    text = zfsrep("plan --dry-run", 3)
    print(text)
    assert "target-diverged" in text and "@own" in text and "onDiverged" in text, text
    zfsrep("run", 3)
    assert list(guids(target, A)) == ["one", "two", "own"]
    assert guids(source, B) == guids(target, B)
    assert json.loads(zfsrep("status --json", 3))["jobs"][0]["replicas"][0]["conflict"]["code"] == "target-diverged"

with subtest("with onDiverged = rollback the same is undone openly"):
    write_config(A, B, onDiverged="rollback")
    plan = json.loads(zfsrep("plan --json", 0))
    assert [a["destroys"] for a in plan["actions"] if a["kind"] == "rollback"] == [["own"]], plan
    zfsrep("run", 0)
    assert guids(source, A) == guids(target, A)
    write_config(A, B)

with subtest("a replica that somebody made writable and wrote to may be in use"):
    target.succeed(f"zfs set readonly=off canmount=on mountpoint=/inuse {A}", f"zfs mount {A} || true", "echo hello > /inuse/new", "sync")
    source.succeed(f"zfs snapshot {A}@four")
    text = zfsrep("run", 3)
    assert "target-modified" in text, text
    assert target.succeed("cat /inuse/new") == "hello\n"

with subtest("made read-only again, the change is rolled back as a visible action"):
    target.succeed(f"zfs unmount {A}", f"zfs set readonly=on canmount=noauto mountpoint=none {A}")
    plan = json.loads(zfsrep("plan --json", 0))
    assert [a["kind"] for a in plan["actions"] if a["destructive"]] == ["rollback"], plan
    zfsrep("run", 0)
    assert guids(source, A) == guids(target, A)

with subtest("a dataset with data and no snapshots at its place is never overwritten"):
    source.succeed("zfs create tank/new", "zfs snapshot tank/new@one")
    target.succeed("zfs create tank/new", "dd if=/dev/urandom of=/tank/new/precious bs=1M count=3 status=none", "sync")
    target.wait_until_succeeds("test $(zfs get -Hp -o value usedbydataset tank/new) -gt 2000000", timeout=60)
    write_config(A, "tank/new")
    text = zfsrep("run", 3)
    assert "target-not-empty" in text, text
    target.succeed("test -s /tank/new/precious")

with subtest("a wrong config: exit 2, every mistake at once with its option, nothing touched"):
    write_file(source, "/root/wrong.json", json.dumps({"version": 1, "jobs": {"default": {
        "remoteHost": "box@192.168.1.15", "remotePool": "tank", "remotePort": 99999, "datasets": ["tank/a@x"], "onDivergd": "rollback"}}}))
    status, text = source.execute("zfsrep run --config /root/wrong.json 2>&1")
    print(text)
    assert status == 2, status
    for option in ("remoteHost", "remotePort", "datasets[0]", "onDivergd"):
        assert option in text, f"{option} is not named in: {text}"

with subtest("a host key that is not the pinned one is refused"):
    write_config(B, hostKeys=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFpYqY3mZ0m0cQxK1z8K6b3m0n0s5w8m6o9Jt1xq2yZz"])
    text = zfsrep("run", 1)
    assert "cannot trust" in text, text
