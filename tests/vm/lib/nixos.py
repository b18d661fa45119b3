# use(name) on NixOS: the configuration is one of the system's own, see ../nixos.nix.
def use(name):
    for machine in (source, target):
        machine.succeed(f"/run/booted-system/specialisation/{name}/bin/switch-to-configuration test")
        machine.succeed("systemctl reset-failed; rm -f /var/log/zfs-replication.log; systemd-tmpfiles --create || true; "
                        "systemctl restart zfs-replication-target 2>/dev/null || true")


def leave():
    pass
