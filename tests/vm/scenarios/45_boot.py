# Both machines go off and on again with everything enabled: at boot our units meet OpenZFS's own, and none is in the
# other's way.
D = "tank/services"
R = "tank/kraken/services"
TARGETS = ("sysinit.target", "local-fs.target", "basic.target", "zfs-import.target", "multi-user.target")


def off_and_on():
    for machine in (source, target):
        machine.shutdown()
    for machine in (source, target):
        machine.start()
    for machine in (source, target):
        machine.wait_for_unit("multi-user.target")
        pool_is_back(machine)


source.succeed(f"zfs create -p {D}", f"echo one > /{D}/file", f"zfs snapshot {D}@one")
use("boot")
source.succeed("systemctl start zfs-replication")
off_and_on()

with subtest("every target is reached, and systemd had no cycle to break"):
    for machine in (source, target):
        for unit in TARGETS:
            machine.wait_for_unit(unit)
        equal(machine.succeed("journalctl --boot --no-pager --output=cat | grep -i 'ordering cycle\\|deleted to break' || true"), "")
        equal(machine.succeed("systemctl --failed --no-legend --plain"), "")

with subtest("the place is there, and nothing in it is mounted"):
    target.wait_for_unit("zfs-replication-target.service")
    assert get(target, "mounted", R) == "no"

with subtest("the source has its datasets, and its timer waits"):
    source.wait_for_unit("zfs-replication.timer")
    equal(source.succeed(f"cat /{D}/file"), "one\n")

with subtest("the next night goes on where the last one was"):
    source.succeed(f"echo two > /{D}/file", f"zfs snapshot {D}@two")
    source.wait_until_succeeds(on_box("true"), timeout=60)
    source.succeed("systemctl start zfs-replication")
    assert guids(source, D) == guids(target, R)

leave()
