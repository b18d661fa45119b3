# Helpers of the scenarios. Every scenario starts with this text, here and in the NixOS test, after debian.py or nixos.py:
# so it keeps to the language of the NixOS test driver and imports nothing of ours.
import json
import shlex


def reset():
    """Two empty pools, and no trace of what an earlier scenario left."""
    for machine in (source, target):
        machine.execute(
            "set +e; systemctl stop 'zfs-replication*.timer' 'zfs-replication*.service'; "
            "systemctl reset-failed 'zfs-replication*'; "
            "pkill -x zfsrep; pkill -x zfs; "
            "rm -rf /etc/zfs-replication /var/lib/zfs-replication /run/zfs-replication /var/log/zfs-replication.log*; "
            "zpool destroy -f tank"
        )
        machine.succeed("zpool create -f tank /dev/vdb")


def equal(got, wanted):
    """An assertion that says what it found."""
    if got != wanted:
        raise AssertionError(f"found:\n{got}\nwanted:\n{wanted}")


def guids(machine, dataset):
    """Snapshot name -> guid, oldest first."""
    lines = machine.succeed(f"zfs list -Hp -t snapshot -s createtxg -d 1 -o name,guid {dataset}").splitlines()
    return {name.split("@")[1]: guid for name, guid in (line.split("\t") for line in lines)}


def get(machine, prop, dataset):
    """One property, as `zfs get` prints it for machines."""
    return machine.succeed(f"zfs get -Hp -o value {prop} {dataset}").strip()


def write_file(machine, path, text):
    machine.succeed(f"mkdir -p $(dirname {path}) && printf %s {shlex.quote(text)} > {path}")


def host_key():
    """What box shows to those who connect: `ssh-ed25519 AAAA...`."""
    return " ".join(target.succeed("cat /etc/ssh/ssh_host_ed25519_key.pub").split()[:2])


def write_config(*datasets, **job):
    """The config of one job `default` from kraken to box, with the host key pinned."""
    default = {
        "remoteHost": "192.168.1.15",
        "remoteUser": "box",
        "remotePool": "tank",
        "identityFile": "/root/.ssh/id_ed25519",
        "hostKeys": [host_key()],
        "datasets": list(datasets),
    }
    config = {"version": 1, "jobs": {"default": {**default, **job}}}
    write_file(source, "/etc/zfs-replication/config.json", json.dumps(config, indent=2))


def on_box(command):
    """A command line for kraken that runs `command` on box as the user box, over ssh."""
    return f"ssh -o BatchMode=yes -o ConnectTimeout=20 box@192.168.1.15 {shlex.quote(command)}"


def zfsrep(arguments, status):
    """Runs zfsrep on kraken, expects its exit status, and returns all it said."""
    also = "" if "--json" in arguments else "; cat /tmp/zfsrep.err"
    got, text = source.execute(f"status=0; zfsrep {arguments} 2>/tmp/zfsrep.err || status=$?{also}; exit $status")
    assert got == status, f"zfsrep {arguments}: exit {got}, not {status}:\n{text}{source.succeed('cat /tmp/zfsrep.err')}"
    return text


def checksums(machine, snapshot):
    """What is in a snapshot, wherever it is mounted or not."""
    text = machine.succeed(f"mkdir -p /tmp/look && mount -t zfs -o ro {snapshot} /tmp/look && "
                           "(cd /tmp/look && find . -type f | sort | xargs -r sha256sum); umount /tmp/look")
    assert text, f"{snapshot} is empty"
    return text


start_all()
reset()
