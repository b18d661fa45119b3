{
  lib,
  buildGoModule,
}:
let
  root = ../.;
  inherit (lib) fileset;
in
buildGoModule (finalAttrs: {
  pname = "zfsrep";
  version = "0.1.0";

  src = fileset.toSource {
    inherit root;
    fileset = fileset.unions (map (path: root + "/${path}") (import ./pure/source.nix));
  };

  # The hash of what `go mod vendor` makes. After a change of dependencies:
  # nix/vendor-hash --update
  vendorHash = "sha256-AxXcZyo9GA5ggiQ94I5o1vYP/8uOhBLLY/jrK6cZFoQ=";

  env.CGO_ENABLED = 0;

  # The demo is for the source's readers: it holds the simulator.
  excludedPackages = [ "cmd/zfsrep-demo" ];

  # Without the tests that take minutes; nix/check runs just these, as they run
  # here: without network, home or a program beside stdenv's.
  checkFlags = [ "-short" ];

  ldflags = [
    "-s"
    "-w"
    "-X main.version=${finalAttrs.version}"
  ];

  meta = {
    description = "ZFS replication that shows its plan first";
    homepage = "https://github.com/zfsrep/zfsrep";
    license = lib.licenses.mit;
    platforms = lib.platforms.linux;
    mainProgram = "zfsrep";
  };
})
