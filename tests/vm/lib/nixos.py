# What the NixOS machines do in their own way. On the Debian pair it is debian.py that every scenario begins with.


def _quiet(machine):
    """A timer that fires, or a service that waits for its next attempt, must not meet a switch."""
    machine.execute("systemctl stop 'zfs-replication*.timer' 'zfsrep-*.timer'; systemctl stop 'zfs-replication*.service' 'zfsrep-*.service'")


def use(name):
    """Both machines have every entry of machines.nix that the scenario names built in: the first one booted."""
    for machine in (source, target):
        _quiet(machine)
        machine.succeed(f"system=/run/booted-system/specialisation/{name}; [ -e $system ] || system=/run/booted-system; "
                        "$system/bin/switch-to-configuration test")
        _quiet(machine)
        machine.succeed("systemctl reset-failed; rm -f /var/log/zfs-replication.log; systemd-tmpfiles --create || true; "
                        "systemctl restart zfs-replication-target 2>/dev/null || true")


def leave():
    """The machines end with their scenario."""


def rotate_logs(machine):
    """As if a day were over. logrotate is on no PATH there and its config is in the store: logrotate.service names both."""
    shown = machine.succeed("systemctl show logrotate.service --property=ExecStart --value")
    program, *arguments = shown.split("argv[]=")[1].split(" ;")[0].split()
    machine.succeed(shlex.join([program, "--force", *arguments]))


def pool_is_back(machine):
    """After a boot: the pool is a test's own, so that no unit of NixOS imports it."""
    machine.succeed("zpool import -N tank; for u in zfs-replication-target zfs-mount; do systemctl restart $u || true; done")
