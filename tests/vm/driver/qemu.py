"""Starting QEMU: which acceleration, and the command line of one machine."""

import ctypes
import os
import selectors
import signal
import subprocess
import time
from pathlib import Path

PROBE_SECONDS = 10


def pick_accel(tools: Path, image: Path) -> str:
    """KVM if it really boots a kernel. A /dev/kvm that opens is no proof: on some hosts the guest hangs in it."""
    wanted = os.environ.get("ZFSREP_VM_ACCEL", "")
    if wanted in ("kvm", "tcg"):
        return wanted
    if wanted:
        raise SystemExit("ZFSREP_VM_ACCEL is kvm or tcg")
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    # Without a disk the kernel panics as soon as it is up; getting that far is the proof.
    probe = subprocess.Popen(
        [tools / "bin/qemu-system-x86_64", *BARE, "-accel", "kvm", "-cpu", "host", "-m", "256", "-no-reboot",
         "-kernel", image / "vmlinuz", "-append", "console=ttyS0 panic=-1", "-serial", "stdio"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        return "kvm" if _says(probe, b"Kernel panic", PROBE_SECONDS) else "tcg"
    finally:
        probe.kill()
        probe.wait()


def _says(process, needle: bytes, seconds: float) -> bool:
    deadline, seen = time.monotonic() + seconds, b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while needle not in seen:
            if not selector.select(max(0, deadline - time.monotonic())):
                return False
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                return False
            seen = seen[-100:] + chunk
    return True


BARE = ["-M", "pc", "-nodefaults", "-no-user-config", "-display", "none"]

# Nehalem is the fastest model to emulate that has what ZFS and ssh like to use.
CPU = {
    "kvm": ["-accel", "kvm", "-cpu", "host", "-smp", "2"],
    "tcg": ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "Nehalem", "-smp", "1"],
}


def command(tools: Path, image: Path, accel: str, directory: Path, peer: Path, spec: dict) -> list:
    """The command line of one machine. `directory` holds its disks and sockets, `peer` those of the other one."""
    kernel = " ".join([
        "console=ttyS0 quiet panic=-1 root=/dev/vda rw mitigations=off random.trust_cpu=on audit=0 apparmor=0 selinux=0",
        "no_timer_check tsc=reliable net.ifnames=0 systemd.show_status=false",
        "modprobe.blacklist=ata_piix,psmouse,pcspkr,button,floppy,i2c_piix4,virtio_balloon",
        f"systemd.hostname={spec['hostname']} systemd.machine_id={spec['machine_id']}",
        f"spl.spl_hostid=0x{spec['hostid']} vm.address={spec['address']}/24",
    ])
    return [
        tools / "bin/qemu-system-x86_64", *BARE, *CPU[accel],
        "-name", spec["hostname"], "-m", os.environ.get("ZFSREP_VM_MEMORY", "2048"), "-no-reboot",
        "-kernel", image / "vmlinuz", "-initrd", image / "initrd", "-append", kernel,
        "-drive", f"file={directory}/disk.qcow2,if=virtio,format=qcow2,cache=unsafe",
        "-drive", f"file={directory}/pool.raw,if=virtio,format=raw,cache=unsafe,discard=unmap",
        "-device", "virtio-rng-pci",
        # The driver's own way to ssh, which stays when the link is cut.
        "-netdev", f"user,id=driver,restrict=on,hostfwd=tcp:127.0.0.1:{spec['port']}-:22",
        "-device", f"virtio-net-pci,netdev=driver,mac=52:54:00:00:00:{spec['mac']}",
        # The cable between the two. Datagrams need no connection, so either side may crash and come back.
        "-netdev", f"dgram,id=link,local.type=unix,local.path={directory}/link.sock,"
                   f"remote.type=unix,remote.path={peer}/link.sock",
        "-device", f"virtio-net-pci,netdev=link,mac=52:54:00:00:01:{spec['mac']}",
        "-device", "virtio-serial-pci",
        "-chardev", f"socket,id=shell,path={directory}/shell.sock,server=on,wait=off",
        "-device", "virtconsole,chardev=shell",
        "-chardev", f"socket,id=files,path={directory}/files.sock,server=on,wait=off",
        "-device", "virtserialport,chardev=files,name=files",
        "-qmp", f"unix:{directory}/qmp.sock,server=on,wait=off",
        "-serial", f"file:{directory}/console.log",
    ]


def spawn(argv: list, directory: Path, keep: bool) -> subprocess.Popen:
    """Start in a session of its own, so that a Ctrl-C is the driver's to handle; a pair that is not kept dies with it."""
    parent = os.getpid()

    def die_with_parent():
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)

    with open(directory / "qemu.log", "ab") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   start_new_session=True, preexec_fn=None if keep else die_with_parent)
    (directory / "pid").write_text(f"{process.pid}\n")
    return process
