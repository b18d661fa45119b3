# What a machine without NixOS starts from: dist/ at the root of the repository is
# rendered from this by nix/check --update, and nix/check compares the two.
{
  source = {
    remoteHost = "box.example.org";
    remoteUser = "zfs-receive";
    remotePool = "backup/kraken";
    datasets = [ "tank/data" ];
    identityFile = "/root/.ssh/id_ed25519";
    autoSnapshot.enable = true;
  };
  target = {
    enable = false;
    target = {
      enable = true;
      user = "zfs-receive";
      place = "backup/kraken";
      # Whose line is in ~zfs-receive/.ssh/authorized_keys there.
      authorizedKeys = [ "ssh-ed25519 AAAA... root@kraken" ];
    };
  };
}
