# Configs that every type of the module lets through and that zfsrep refuses while
# the system is built. What it says is in golden/build-mistakes.txt.
let
  seed = import ./fixtures/seed.nix;
in
builtins.mapAttrs (_: changes: seed // changes) {
  "a policy without a rule" = {
    retention.source.match = [ "daily-*" ];
  };
  "a host key that is none" = {
    hostKeys = [ "ssh-ed25519 AAAA" ];
  };
  "several at once" = {
    remotePool = null;
    timeouts = {
      connect = "soon";
      stall = "0s";
    };
    limits.parallel = 0;
    datasets = [
      "tank/services"
      "tank/services"
      "tank/a@b"
    ];
  };
}
