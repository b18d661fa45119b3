"""The two machines as one thing: made, kept, found again, ended."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path

import qemu
from channel import Lost
from machine import Machine

MACHINES = {
    "source": {"hostname": "kraken", "address": "192.168.1.10", "hostid": "00000a10", "mac": "10"},
    "target": {"hostname": "box", "address": "192.168.1.15", "hostid": "00000a15", "mac": "15"},
}
POOL_BYTES = 8 << 30  # sparse


class Pair:
    def __init__(self, directory: Path, log):
        self.directory = directory
        self.log = log
        self.keep = False
        self.machines: dict[str, Machine] = {}

    def __iter__(self):
        return iter(self.machines.values())

    def open(self, tools: Path, image: Path, keep: bool) -> None:
        """Attach to the pair that runs in this directory, or make a new one."""
        self.keep = keep
        if not self._attached():
            self.end()
            self.create(tools, image)

    def _attached(self) -> bool:
        state = self._state()
        if state is None or not self._ready().exists() or not all(machine.running() for machine in self._load(state)):
            return False
        try:
            for machine in self:
                self._attach(machine)
        except Lost as error:
            self.log(f"the pair that was left running does not answer ({error})")
            return False
        self.log(f"using the pair that runs since {state['since']} ({self.accel})")
        self.keep = True
        return True

    def _attach(self, machine: Machine) -> None:
        """An interrupted run may have left its command in the shell; then systemd gives us a new one."""
        try:
            machine.connect(seconds=10)
        except Lost:
            subprocess.run(["timeout", "120", "ssh", "-F", self.directory / "ssh_config", machine.name,
                            "systemctl restart backdoor"], check=False)
            machine.connect(seconds=60)

    def create(self, tools: Path, image: Path) -> None:
        accel = qemu.pick_accel(tools, image)
        self.log(f"booting the pair ({accel})")
        self.directory.mkdir(parents=True, mode=0o700)
        machines = {name: spec | {"port": port, "machine_id": secrets.token_hex(16)}
                    for (name, spec), port in zip(MACHINES.items(), free_ports(len(MACHINES)))}
        state = {"tools": str(tools), "image": str(image), "accel": accel, "machines": machines,
                 "since": time.strftime("%H:%M:%S")}
        (self.directory / "pair.json").write_text(json.dumps(state, indent=1))
        for machine in self._load(state):
            self._new_disks(machine)
        self.boot()

    def _ready(self) -> Path:
        """This file is there while both machines are up and have their keys; a boot cut short leaves none."""
        return self.directory / "ready"

    def _state(self) -> dict | None:
        try:
            return json.loads((self.directory / "pair.json").read_text())
        except (OSError, ValueError):
            return None

    def _load(self, state: dict):
        self.tools, self.image, self.accel = Path(state["tools"]), Path(state["image"]), state["accel"]
        self.machines = {name: Machine(name, spec, self, self.log) for name, spec in state["machines"].items()}
        return self

    def _new_disks(self, machine: Machine) -> None:
        machine.directory.mkdir(exist_ok=True)
        for old in ("disk.qcow2", "pool.raw"):
            (machine.directory / old).unlink(missing_ok=True)
        subprocess.run([self.tools / "bin/qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw",
                        "-b", self.image / "base.img", machine.directory / "disk.qcow2"], check=True)
        with open(machine.directory / "pool.raw", "wb") as pool:
            pool.truncate(POOL_BYTES)

    def boot(self) -> None:
        self._ready().unlink(missing_ok=True)
        for machine in self:
            machine.start()
        for machine in self:
            machine.connect()
        self._keys()
        self._install()
        self._ready().touch()

    def reboot(self) -> None:
        """After a scenario that left a machine hanging: both anew, from untouched disks."""
        self.log("starting the pair anew")
        self._ready().unlink(missing_ok=True)
        for machine in self:
            machine.kill()
            self._new_disks(machine)
        self.boot()

    def _keys(self) -> None:
        """kraken's key opens box's user box; the driver's own key opens root on both. All of them are made here."""
        source, target = self.machines["source"], self.machines["target"]
        own = self.directory / "id_ed25519"
        if not own.exists() and shutil.which("ssh-keygen"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "driver", "-f", own], check=True)
        driver = own.with_suffix(".pub").read_text().strip() if own.exists() else ""
        for machine in self:
            machine.execute("install -d -m 700 /root/.ssh; "
                            f"echo '{driver}' > /root/.ssh/authorized_keys")
        source.execute("ssh-keygen -q -t ed25519 -N '' -C root@kraken -f /root/.ssh/id_ed25519 <<< y")
        _, key = source.execute("cat /root/.ssh/id_ed25519.pub")
        target.execute("install -d -m 700 -o box -g box ~box/.ssh && "
                       f"install -m 600 -o box -g box /dev/stdin ~box/.ssh/authorized_keys <<< '{key.strip()}'")
        self._ssh_config()

    def _ssh_config(self) -> None:
        """What `run --exec` uses: a connection that stays open, to a host key read over the console."""
        known, blocks = [], []
        for machine in self:
            _, key = machine.execute("cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub")
            known.append(f"{machine.name} {key.strip()}\n")
            blocks.append(f"Host {machine.name}\n  Port {machine.spec['port']}\n  HostKeyAlias {machine.name}\n")
        (self.directory / "known_hosts").write_text("".join(known))
        (self.directory / "ssh_config").write_text("".join(blocks) + f"""Host *
  HostName 127.0.0.1
  User root
  IdentityFile {self.directory}/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile {self.directory}/known_hosts
  GlobalKnownHostsFile /dev/null
  ControlMaster auto
  ControlPath {self.directory}/%n.ssh
  ControlPersist 600
  LogLevel ERROR
""")

    def install(self, binary: Path) -> None:
        """A copy is kept beside the disks: machines started anew get the same one."""
        shutil.copy(binary, self.directory / "zfsrep")
        self._install()

    def _install(self) -> None:
        binary = self.directory / "zfsrep"
        for machine in self if binary.exists() else ():
            began = time.monotonic()
            machine.copy_from_host(str(binary), "/usr/local/bin/zfsrep")
            machine.log(f"zfsrep installed in {time.monotonic() - began:.1f} s")

    def leave(self) -> None:
        """At the end of a run: a kept pair stays, any other goes."""
        if self.keep and self._ready().exists():
            for machine in self:
                machine.disconnect()
        else:
            self.end()

    def end(self) -> None:
        state = self._state()
        if state is not None and not self.machines:
            self._load(state)
        for machine in self:
            machine.kill()
        if state is not None:
            shutil.rmtree(self.directory, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def default_directory() -> Path:
    return Path(os.environ.get("ZFSREP_VM_STATE") or f"/var/tmp/zfsrep-vm-{os.getuid()}")
