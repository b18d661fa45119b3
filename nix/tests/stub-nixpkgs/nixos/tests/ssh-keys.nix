# In the place of nixpkgs' keys for tests.
pkgs: {
  snakeOilPrivateKey = pkgs.writeText "privkey.snakeoil" "private\n";
  snakeOilPublicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPwcGvOlcO6dZRpfhYhQLwXDHvIAX8d1DwkUY8J5xRzS snakeoil";
  snakeOilEd25519PrivateKey = pkgs.writeText "privkey.snakeoil" "private\n";
  snakeOilEd25519PublicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBxZJKGHFE3d4yPRFkZkKFd6w0VPzUhF1bIo7Bl0vhB2 snakeoil";
}
