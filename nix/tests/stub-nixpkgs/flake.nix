# In the place of nixpkgs where it cannot be fetched: the real lib, and as much of
# a package set as our flake names. It evaluates; nothing of it builds.
{
  inputs.lib-source = {
    url = "github:nix-community/nixpkgs.lib";
    flake = false;
  };

  outputs =
    { lib-source, ... }:
    let
      lib = import (lib-source + "/lib");

      pkgsFor =
        system:
        let
          stub =
            name: extra:
            derivation {
              inherit name system;
              builder = "/bin/sh";
              args = [
                "-c"
                "exit 1"
              ];
            }
            // {
              meta.mainProgram = name;
            }
            // extra;
          platform = lib.systems.elaborate system;
          callPackage = lib.callPackageWith pkgs;
          pkgs = {
            inherit lib callPackage system;
            path = ./.;
            stdenv = {
              buildPlatform = platform;
              hostPlatform = platform;
            };
            buildPackages = pkgs;
            runtimeShell = "/bin/sh";
            buildGoModule =
              arg:
              let
                final = if lib.isFunction arg then arg final else arg;
              in
              stub final.pname { inherit (final) src meta vendorHash; };
            go.version = "1.26.8";
            mkShell = args: stub "shell" { inherit args; };
            runCommand =
              name: _: script:
              # Forced, so that a mistake in the script is one here.
              builtins.seq (builtins.stringLength script) (stub name { });
            writeText = name: text: builtins.toFile name (builtins.unsafeDiscardStringContext text);
            testers.runNixOSTest =
              test:
              let
                evaluated = lib.evalModules {
                  modules = [
                    (import ./nixos-test.nix pkgs)
                    test
                  ];
                };
                # Each machine's units and files, and what is wrong with it.
                forced = lib.mapAttrs (
                  name: n:
                  let
                    wrong = lib.filter (a: !a.assertion) n.config.assertions;
                  in
                  if wrong != [ ] then
                    throw "${name}: ${(lib.head wrong).message}"
                  else
                    builtins.deepSeq [
                      n.config.systemd
                      n.config.environment.etc
                      n.config.users
                      n.config.specialisation
                    ] true
                ) evaluated.config.nodes;
              in
              builtins.deepSeq [
                forced
                evaluated.config.testScript
              ] (stub "vm-test-${evaluated.config.name}" { });
          }
          // lib.genAttrs [
            "installShellFiles"
            "versionCheckHook"
            "golangci-lint"
            "gopls"
            "nixfmt"
            "nixfmt-tree"
            "shellcheck"
            "systemd"
            "nix"
          ] (name: stub name { });
        in
        pkgs;
    in
    {
      inherit lib;
      stubs = ../eval/stubs.nix;
      legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] pkgsFor;
    };
}
