# What the Debian pair does in its own way. On NixOS it is nixos.py that every scenario begins with.
import os
import subprocess
import tempfile
from pathlib import Path

_vm = Path(__file__).resolve().parent.parent
_units = "/etc/systemd/system/zfs-replication* /etc/systemd/system/zfsrep-* /etc/systemd/system/*.wants/zfs-replication* /etc/systemd/system/*.wants/zfsrep-*"
_ours = f"/etc/zfs-replication {_units} /etc/sudoers.d/zfs-replication"
_stop = f"systemctl stop 'zfs-replication*' 'zfsrep-*'; rm -rf {_ours}"


def use(name):
    """Both machines get what nix/render makes of this entry of machines.nix, keys on top."""
    extra = {
        "source": {"hostKeys": [host_key()]},
        "target": {"target": {"authorizedKeys": [source.succeed("cat /root/.ssh/id_ed25519.pub").strip()]}},
    }
    for machine, side in ((source, "source"), (target, "target")):
        # The wide rule of the image steps back for the narrow one.
        machine.succeed(f"{_stop}; "
                        "if [ -e /etc/sudoers.d/zfsrep ]; then mv /etc/sudoers.d/zfsrep /root/wide-sudo; fi; "
                        "id zfs-replication >/dev/null 2>&1 || useradd -r zfs-replication")
        with tempfile.TemporaryDirectory() as out:
            subprocess.run([_vm.parent.parent / "nix/render", "--fixture", _vm / "machines.nix", "--attr", f"{name}.{side}",
                            "--zfsrep", "/usr/local/bin/zfsrep", "--set", json.dumps(extra[side]), out], check=True)
            for path in Path(out).glob("etc/sudoers.d/*"):
                os.chmod(path, 0o440)
            machine.copy_from_host(out, "/")
        machine.succeed("cd /etc/systemd/system && for u in zfs-replication* zfsrep-*; do ! grep -qs '^.Install' $u || systemctl --quiet enable $u; done; "
                        "systemctl daemon-reload; systemctl reset-failed; "
                        "if [ -e /etc/tmpfiles.d/zfs-replication.conf ]; then rm -f /var/log/zfs-replication.log; systemd-tmpfiles --create zfs-replication.conf; fi; "
                        "for u in /etc/systemd/system/zfs-replication-target*; do [ ! -e $u ] || systemctl start $(basename $u); done")


def leave():
    """Nothing of use() is left."""
    for machine in (source, target):
        machine.succeed(f"{_stop}; systemctl daemon-reload; if [ -e /root/wide-sudo ]; then mv /root/wide-sudo /etc/sudoers.d/zfsrep; fi")


def rotate_logs(machine):
    """As if a day were over, for our file alone."""
    machine.succeed("logrotate --force /etc/logrotate.d/zfs-replication")


def pool_is_back(machine):
    """After a boot: OpenZFS's units import what the cache file names."""
    machine.wait_until_succeeds("zpool list tank", timeout=120)
