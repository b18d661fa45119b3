# Encrypted datasets travel raw: the backup host stores them and never has the key. What would break the chain is refused.
E, CHILD, PLAIN = "tank/secret", "tank/secret/child", "tank/plain"


def secret_day(name):
    for d in (E, CHILD, PLAIN):
        source.succeed(f"echo {name} of {d} > /{d}/file; dd if=/dev/urandom of=/{d}/{name} bs=64k count=2 status=none")
    source.succeed(f"zfs snapshot {E}@{name} {CHILD}@{name} {PLAIN}@{name}")


source.succeed(
    f"echo correct horse battery | zfs create -o encryption=aes-256-gcm -o keyformat=passphrase {E}",
    f"zfs create {CHILD}", f"zfs create {PLAIN}")
secret_day("one")
secret_day("two")
write_config(E, PLAIN)

with subtest("first replication: raw, and the target has no key"):
    plan = json.loads(zfsrep("plan --json", 0))
    for a in plan["actions"]:
        if a["kind"] == "send":
            assert ("-w" in a["commands"][0]["argv"]) == (a["dataset"] != PLAIN), a
    zfsrep("run", 0)
    for d in (E, CHILD, PLAIN):
        assert guids(source, d) == guids(target, d)
    for d in (E, CHILD):
        assert get(target, "encryption", d) == "aes-256-gcm"
        assert get(target, "keystatus", d) == "unavailable"
    assert get(target, "encryption", PLAIN) == "off"

with subtest("increments go on with the key unloaded on both sides"):
    secret_day("three")
    source.succeed(f"zfs unmount {CHILD} {E} || zfs unmount -a || true", f"zfs unmount {E} || true", f"zfs unload-key {E}")
    zfsrep("run", 0)
    assert guids(source, E) == guids(target, E)
    assert "nothing to do" in zfsrep("plan --dry-run", 0)

with subtest("plain sends without the key are refused, the others are served"):
    source.succeed(f"zfs snapshot {PLAIN}@four {E}@four")
    write_config(E, PLAIN, send={"raw": "never"})
    text = zfsrep("run", 3)
    assert "key-unavailable" in text and "load-key" in text, text
    assert guids(source, PLAIN) == guids(target, PLAIN)
    write_config(E, PLAIN)
    zfsrep("run", 0)

with subtest("the contents can be read on the target with the passphrase"):
    source.succeed(f"echo correct horse battery | zfs load-key {E}", f"zfs mount {E}")
    target.succeed(f"echo correct horse battery | zfs load-key {E}")
    assert checksums(source, f"{E}@three") == checksums(target, f"{E}@three")
    target.succeed(f"zfs unload-key {E}")

with subtest("a plain snapshot mixed into a raw replica is told by its IV set before anything is sent"):
    target.succeed(f"echo correct horse battery | zfs load-key {E}")
    source.succeed(f"echo five > /{E}/five", f"zfs snapshot {E}@five")
    write_file(source, "/root/.ssh/known_hosts", f"192.168.1.15 {host_key()}\n")
    source.succeed(f"zfs send -i {E}@four {E}@five | " + on_box(f"sudo -n zfs receive -u {E}"))
    target.succeed(f"zfs unload-key {E}")
    source.succeed(f"echo six > /{E}/six", f"zfs snapshot {E}@six")
    text = zfsrep("plan --dry-run", 3)
    print(text)
    assert "raw-base-mismatch" in text, text

with subtest("following the hint mends it"):
    target.succeed(f"zfs rollback -r {E}@four")
    zfsrep("run", 0)
    assert guids(source, E) == guids(target, E)
