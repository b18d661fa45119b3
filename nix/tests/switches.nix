# Configs that a machine switches to, from `before` (nix/check plays them, with
# tests/inventory.json in the place of both machines: four nights of two datasets
# that are replicated, and tank/vm, which is not yet).
let
  seed = import ./fixtures/seed.nix;
  to =
    changes:
    seed
    // {
      datasets = [
        "tank/services"
        "tank/mail"
      ];
      checkSwitch = {
        enable = true;
        seconds = 60;
      };
    }
    // changes;
  # Where nobody listens.
  nobody = {
    remoteHost = "127.0.0.1";
    remotePort = 1;
  };
in
{
  before = to { };
  away = to nobody;
  still-away = to (nobody // { limits.destroy = 100; });

  slow = to {
    checkSwitch = {
      enable = true;
      seconds = 1;
    };
  };

  harmless = to {
    datasets = [
      "tank/services"
      "tank/mail"
      "tank/vm"
    ];
    limits.destroy = 100;
  };
  "less is kept, within limits.destroy" = to {
    retention.target.last = 1;
    limits.destroy = 6;
  };
  "less is kept, beyond limits.destroy" = to {
    retention.target.last = 1;
    limits.destroy = 5;
  };
  "a dataset is forgotten" = to { datasets = [ "tank/mail" ]; };
}
