# use(name) on the Debian pair: both machines get what nix/render makes of ../machines.nix, keys on top. On NixOS the
# machines have it built in, see ../nixos.nix.
import json
import os
import subprocess
import tempfile
from pathlib import Path

_vm = Path(__file__).resolve().parent.parent
_ours = "/etc/zfs-replication /etc/systemd/system/zfs-replication* /etc/systemd/system/zfsrep-* /etc/sudoers.d/zfs-replication"


def use(name):
    extra = {
        "source": {"hostKeys": [host_key()]},
        "target": {"target": {"authorizedKeys": [source.succeed("cat /root/.ssh/id_ed25519.pub").strip()]}},
    }
    for machine, side in ((source, "source"), (target, "target")):
        # The wide rule of the image steps back for the narrow one.
        machine.succeed(f"systemctl stop 'zfs-replication*' 'zfsrep-*'; rm -rf {_ours}; "
                        "if [ -e /etc/sudoers.d/zfsrep ]; then mv /etc/sudoers.d/zfsrep /root/wide-sudo; fi; "
                        "id zfs-replication >/dev/null 2>&1 || useradd -r zfs-replication")
        with tempfile.TemporaryDirectory() as out:
            subprocess.run([_vm.parent.parent / "nix/render", "--fixture", _vm / "machines.nix", "--attr", f"{name}.{side}",
                            "--zfsrep", "/usr/local/bin/zfsrep", "--set", json.dumps(extra[side]), out], check=True)
            for path in Path(out).glob("etc/sudoers.d/*"):
                os.chmod(path, 0o440)
            machine.copy_from_host(out, "/")
        machine.succeed("systemctl daemon-reload; systemctl reset-failed; "
                        "if [ -e /etc/tmpfiles.d/zfs-replication.conf ]; then rm -f /var/log/zfs-replication.log; systemd-tmpfiles --create zfs-replication.conf; fi; "
                        "if [ -e /etc/systemd/system/zfs-replication-target.service ]; then systemctl start zfs-replication-target; fi")


def leave():
    for machine in (source, target):
        machine.succeed(f"systemctl stop 'zfs-replication*' 'zfsrep-*'; rm -rf {_ours}; systemctl daemon-reload; "
                        "if [ -e /root/wide-sudo ]; then mv /root/wide-sudo /etc/sudoers.d/zfsrep; fi")
