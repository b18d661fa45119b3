# Somebody has kraken's key, and with it all that box lets kraken do. Whatever he tries, nothing outside of the place
# changes on box, nobody becomes root there, and where only adding is allowed nothing in the place is lost.
D = "tank/services"
PLACE = "tank/kraken"
FIVE = [D] + [f"tank/shack/cloud/{name}" for name in ("immich", "nextcloud", "syncthing", "vaultwarden")]
R = f"{PLACE}/services"
SECRET = "tank/secret"
# All that says who may do what, or where something appears; not what merely counts.
SAYS = "type,mountpoint,canmount,mounted,readonly,setuid,exec,devices,sharenfs,sharesmb,quota,keylocation,encryption,origin"


def outside():
    """Everything on box that is no business of kraken's."""
    names = target.succeed(f"zfs list -H -t all -o name,guid -r tank | grep -v '^{PLACE}[/@#]'")
    datasets = [line.split("\t")[0] for line in names.splitlines() if "@" not in line and "#" not in line]
    return names + target.succeed(
        f"zfs get -H -o name,property,value,source {SAYS} {' '.join(datasets)}",
        "for d in " + " ".join(datasets) + f"; do [ $d = {PLACE} ] || zfs allow $d; done",
        f"cat /{SECRET}/file /root/.ssh/authorized_keys; ls -A /root/.ssh /etc/systemd/system; id box")


COMMANDS = f"""
zfs set mountpoint=/root/.ssh {R}
zfs set canmount=on {R}
zfs set mountpoint=/root/.ssh {PLACE}
zfs inherit mountpoint {PLACE}
zfs create -u -o mountpoint=/root/.ssh {PLACE}/new
zfs create -u -o canmount=off -o mountpoint=none -o setuid=on {PLACE}/new
zfs set sharenfs=on {R}
zfs set setuid=on {PLACE}
zfs set keylocation=file:///etc/shadow {PLACE}
zfs mount {R}
zfs mount -a
zfs destroy -r {SECRET}
zfs destroy {SECRET}@a
zfs rollback {SECRET}@a
zfs rename {SECRET} {PLACE}/taken
zfs rename {R} tank/outside
zfs clone {SECRET}@a {PLACE}/taken
zfs send {SECRET}@a
zfs promote {R}
zfs allow -u box destroy,mount,create tank
zfs unallow -u box receive {PLACE}
zfs create -u -o canmount=off -o mountpoint=none tank/outside
zfs destroy {R}@one
zfs rollback {R}@one
zfs receive -A {R}
zfs destroy -r {R}
zpool destroy -f tank
zpool set cachefile=/etc/passwd tank
sh -c 'test $(id -u) = 0'
cat /root/.ssh/authorized_keys
tee -a /etc/systemd/system/x.service
""".strip().splitlines()

# What may be said of a stream that brings along what would let him in.
RECEIVES = [
    f"zfs receive -s -u {options} {PLACE}/evil{number}" for number, options in enumerate((
        "", "-F", "-o mountpoint=/root/.ssh", "-o mountpoint=none", "-x mountpoint", "-o canmount=on -x mountpoint", "-o readonly=on",
        "-x readonly", "-o setuid=on -x mountpoint", "-o mountpoint=/root/.ssh -x canmount"))
] + [f"zfs receive -s -u -d {PLACE}", "zfs receive -s -u -x mountpoint tank/outside", f"zfs receive -s -u -F -x mountpoint {SECRET}",
     "zfs receive -s -u -F -x mountpoint tank"]


def siege(sudo, keeps):
    """Tries everything, after which root on box does what root does every day."""
    source.succeed("systemctl start zfs-replication")
    before, had = outside(), guids(target, R)
    for how in ("-p", "-R"):
        for command in RECEIVES:
            # Some of them fail only in part: what is sent may arrive in the place, and nowhere else.
            status, _ = source.execute(f"zfs send {how} tank/evil@a | " + on_box(sudo + command.replace("/evil", f"/evil{how}")), timeout=60)
            print(f"{'arrived' if status == 0 else 'refused'}: {sudo}{command} of a stream made with {how}")
    script = "\n".join(f"{way}{command} </dev/null >/dev/null 2>&1 && echo {shlex.quote('done: ' + way + command)}" for way in ("", "sudo -n ") for command in COMMANDS)
    print(source.succeed(on_box(script + "\ntrue")))
    target.succeed("zfs mount -a")
    equal(outside(), before)
    for line in target.succeed(f"zfs get -H -r -t filesystem -o name,value mountpoint,mounted {PLACE}").splitlines():
        assert line.split("\t")[1] in ("none", "no"), line
    source.fail("ssh -o BatchMode=yes -o ConnectTimeout=20 root@192.168.1.15 true")
    if keeps:
        assert had.items() <= guids(target, R).items(), guids(target, R)
    target.succeed("systemctl stop 'zfs-replication-target*'", f"zfs destroy -r {PLACE}")


for machine in (source, target):
    machine.succeed("install -d -m 700 /root/.ssh; touch /root/.ssh/authorized_keys")
for d in FIVE:
    source.succeed(f"zfs create -p {d}", f"zfs snapshot {d}@one")
# What lets him in as root, if it ever lies over /root/.ssh.
source.succeed("zfs create -o mountpoint=/root/evil tank/evil", "cp /root/.ssh/id_ed25519.pub /root/evil/authorized_keys",
               "zfs create -o mountpoint=/root/evil-too tank/evil/child", "cp /root/.ssh/id_ed25519.pub /root/evil-too/authorized_keys",
               "zfs set -u mountpoint=/root/.ssh tank/evil", "zfs set -u mountpoint=/root/.ssh canmount=on setuid=on sharenfs=on tank/evil/child",
               "zfs snapshot -r tank/evil@a")
target.succeed(f"zfs create {SECRET}", f"echo mine > /{SECRET}/file", f"zfs snapshot {SECRET}@a", f"echo more >> /{SECRET}/file")
write_file(source, "/root/.ssh/known_hosts", f"192.168.1.15 {host_key()}\n")


with subtest("what the rules of sudo let him do"):
    use("boot")
    siege("sudo -n ", keeps=False)

with subtest("the same, append-only"):
    use("append")
    siege("sudo -n ", keeps=True)

with subtest("what the rights of zfs allow let him do"):
    use("rights")
    siege("", keeps=False)

with subtest("the same, append-only"):
    use("append-rights")
    siege("", keeps=True)

leave()
