"""Boots the pair and runs scenarios; started by tests/vm/run, which explains the options."""

import argparse
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

from pair import Pair, default_directory
from suite import Log, Suite

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
HERE = Path(__file__).resolve().parent.parent
# What every scenario begins with. On NixOS it is nixos.py that comes first.
LIBRARY = [HERE / "lib" / name for name in ("debian.py", "common.py")]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/vm/run")
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--binary", type=Path)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--shell", action="store_true")
    parser.add_argument("--timeout", type=float, default=float(os.environ.get("ZFSREP_VM_TIMEOUT", 5400)))
    parser.add_argument("scenario", nargs="*")
    return parser.parse_args()


def chosen(names: list[str]) -> list[Path]:
    """Scenarios by name, by path, or by the number in front; all of them if none is named."""
    everything = sorted((HERE / "scenarios").glob("[0-9]*.py"))
    if not names:
        return everything
    result = []
    for name in names:
        stem = Path(name).stem
        if name.endswith(".py") and Path(name).is_file():
            result.append(Path(name).resolve())
            continue
        found = [path for path in everything if path.stem == stem or path.stem.split("_")[0] == stem]
        if not found:
            raise SystemExit(f"no scenario {name}; there are: {' '.join(path.stem for path in everything)}")
        result += found
    return result


ending = []


def end_on_signal(number: int, _) -> None:
    if ending:  # the second one must not cut the cleaning up short
        return
    ending.append(number)
    raise SystemExit("ended by a signal")


def only_driver(directory: Path):
    """Two drivers on one pair would type into one shell."""
    lock = open(f"{directory}.lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("waiting for another run on this pair to end", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def main() -> int:
    options = arguments()
    scenarios = [] if options.shell else chosen(options.scenario)
    for number in SIGNALS:
        signal.signal(number, end_on_signal)
    log = Log()
    directory = default_directory()
    lock = only_driver(directory)
    pair = Pair(directory, log)
    try:
        pair.open(options.tools, options.image, options.keep or options.shell)
        if options.binary:
            pair.install(options.binary)
        if options.shell:
            return 0
        suite = Suite(pair, LIBRARY, log)
        return 0 if suite.run(scenarios, time.monotonic() + options.timeout) else 1
    finally:
        pair.leave()
        lock.close()


if __name__ == "__main__":
    sys.exit(main())
