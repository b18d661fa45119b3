{
  lib,
  stdenv,
  installShellFiles,
  versionCheckHook,
  go,
  buildGoModule,
  # Where the usual Go is older than go.mod asks for (NixOS 25.11).
  buildGo126Module ? buildGoModule,
}:
let
  root = ../.;
  inherit (lib) fileset;
  build = if lib.versionOlder go.version "1.26" then buildGo126Module else buildGoModule;
in
build (finalAttrs: {
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

  # The program writes both itself, so it has to run where it is built.
  nativeBuildInputs = [ installShellFiles ];
  postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    $out/bin/zfsrep man >zfsrep.8
    installManPage zfsrep.8
    for shell in bash zsh fish; do
      $out/bin/zfsrep completion $shell >zfsrep.$shell
    done
    installShellCompletion --cmd zfsrep --bash zfsrep.bash --zsh zfsrep.zsh --fish zfsrep.fish
  '';

  doInstallCheck = true;
  nativeInstallCheckInputs = [ versionCheckHook ];

  meta = {
    description = "ZFS replication that shows its plan first";
    homepage = "https://github.com/zfsrep/zfsrep";
    license = lib.licenses.mit;
    # Whoever brings it to nixpkgs puts their own name here.
    maintainers = [ ];
    platforms = lib.platforms.linux;
    mainProgram = "zfsrep";
  };
})
