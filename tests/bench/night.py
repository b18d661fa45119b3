# How long a night takes on two machines with real OpenZFS: nothing to do, and every dataset changed. Beside syncoid, which
# the image has for this. It prints figures and judges nothing:
#   tests/vm/run tests/bench/night.py
import time

SNAPSHOTS = 20


def timed(command):
    began = time.monotonic()
    status, text = source.execute(f"{command} 2>&1", timeout=900)
    took = time.monotonic() - began
    assert status == 0, f"{command}: exit {status}\n{text[-2000:]}"
    return took


key = source.succeed("cat /root/.ssh/id_ed25519.pub").strip()
target.succeed(f"mkdir -p /root/.ssh; echo '{key}' >> /root/.ssh/authorized_keys")
write_file(source, "/root/.ssh/known_hosts", f"192.168.1.15 {host_key()}\n")
syncoid = "syncoid --recursive --no-sync-snap --skip-parent --no-privilege-elevation --quiet --sendoptions=Lce --recvoptions=u"

for many in (10, 50):
    reset()
    source.succeed("zfs create -o canmount=off tank/data", f"for i in $(seq {many}); do zfs create tank/data/d$i; done",
                   f"for s in $(seq {SNAPSHOTS}); do zfs snapshot -r tank/data@s$s; done", timeout=600)
    write_config("tank/data", remotePool="tank/ours")
    target.succeed("zfs create -o canmount=off tank/theirs")
    theirs = f"{syncoid} tank/data root@192.168.1.15:tank/theirs"
    figures = {"first": (timed("zfsrep run"), timed(theirs)), "nothing to do": (timed("zfsrep run"), timed(theirs))}
    source.succeed(f"for i in $(seq {many}); do dd if=/dev/urandom of=/tank/data/d$i/new bs=64k count=1 status=none; done; zfs snapshot -r tank/data@new", timeout=300)
    figures["64 KiB in each"] = (timed("zfsrep run"), timed(theirs))
    for what, (a, b) in figures.items():
        print(f"{many:3} datasets of {SNAPSHOTS} snapshots, {what}: zfsrep {a:.1f} s, syncoid {b:.1f} s")
