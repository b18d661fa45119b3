"""One machine, with the methods of the NixOS test driver that the scenarios use."""

import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import channel
import qemu

BOOT_SECONDS = {"kvm": 120, "tcg": 400}


class RequestedAssertionFailed(Exception):
    """A command did not do what the scenario said it would."""


def brief(command: str) -> str:
    line = " ".join(command.split())
    return line if len(line) < 160 else line[:157] + "..."


class Machine:
    def __init__(self, name: str, spec: dict, pair, log):
        self.name = name
        self.spec = spec
        self.pair = pair
        self.directory: Path = pair.directory / name
        self.log_line = log
        self.process: subprocess.Popen | None = None
        self.shell: channel.Shell | None = None
        self.monitor = channel.Monitor(self.directory / "qmp.sock")

    # Power

    def start(self) -> None:
        if self.running():
            return
        self.log("starting")
        for socket in ("shell", "files", "qmp", "link"):
            (self.directory / f"{socket}.sock").unlink(missing_ok=True)
        peer = self.pair.directory / ("target" if self.name == "source" else "source")
        argv = qemu.command(self.pair.tools, self.pair.image, self.pair.accel, self.directory, peer, self.spec)
        self.process = qemu.spawn(argv, self.directory, self.pair.keep)

    def connect(self, seconds: float | None = None) -> channel.Shell:
        if self.shell is None:
            if not self.running():
                raise channel.Lost(f"{self.name} is not running, see {self.directory}/qemu.log")
            began = time.monotonic()
            patience = seconds or BOOT_SECONDS[self.pair.accel]
            self.shell = channel.Shell(self.directory / "shell.sock", patience, self.running)
            if (waited := time.monotonic() - began) > 3:
                self.log(f"up after {waited:.0f} s")
        return self.shell

    def disconnect(self) -> None:
        if self.shell is not None:
            self.shell.close()
            self.shell = None

    def pid(self) -> int | None:
        if self.process is not None:
            return self.process.pid if self.process.poll() is None else None
        try:
            pid = int((self.directory / "pid").read_text())
            # A pid may be someone else's by now; ours has our disk on its command line.
            ours = str(self.directory).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
            return pid if ours else None
        except (OSError, ValueError):
            return None

    def running(self) -> bool:
        return self.pid() is not None

    def kill(self) -> None:
        self.disconnect()
        if (pid := self.pid()) is not None:
            os.kill(pid, signal.SIGKILL)
            self._gone(10)

    def crash(self) -> None:
        """The power goes out: what the guest had not written is lost."""
        self.log("crash")
        self.kill()

    def shutdown(self) -> None:
        if not self.running():
            return
        self.log("shutting down")
        try:
            self.connect().run("systemctl --no-block poweroff", 30)
        except channel.Lost:
            pass  # it was gone before it could answer
        self.disconnect()
        self._gone(180)

    def _gone(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.running():
            if time.monotonic() > deadline:
                raise channel.Lost(f"{self.name} does not go down")
            time.sleep(0.1)
        self.process = None

    # The cable between the two machines

    def block(self) -> None:
        self.log("link cut")
        self.monitor("set_link", name="link", up=False)

    def unblock(self) -> None:
        self.log("link restored")
        self.monitor("set_link", name="link", up=True)

    # Commands

    def execute(self, command: str, check_return: bool = True, check_output: bool = True,
                timeout: float | None = 900) -> tuple[int, str]:
        return self.connect().run(command, timeout)

    def succeed(self, *commands: str, timeout: float | None = None) -> str:
        return self._each(commands, timeout, lambda status: status == 0)

    def fail(self, *commands: str, timeout: float | None = None) -> str:
        return self._each(commands, timeout, lambda status: status != 0)

    def _each(self, commands, timeout, wanted) -> str:
        result = ""
        for command in commands:
            began = time.monotonic()
            status, output = self.execute(command, timeout=timeout or 900)
            self.log(f"{brief(command)}  [{status}, {time.monotonic() - began:.1f} s]")
            if not wanted(status):
                raise RequestedAssertionFailed(self._story(command, status, output))
            result += output
        return result

    def _story(self, command: str, status: int, output: str) -> str:
        errors = self.connect().errors()
        verb = "failed" if status else "unexpectedly succeeded"
        lines = [f"{self.name}: `{command}` {verb} (exit code {status}{', timed out' if status == 124 else ''})"]
        for name, text in (("stdout", output), ("stderr", errors)):
            lines += [f"    {name}: {line}" for line in text.splitlines()[-60:]]
        return "\n".join(lines)

    # Waiting; every wait ends

    def wait_until_succeeds(self, command: str, timeout: float = 900) -> str:
        return self._retry(command, timeout, lambda status: status == 0)

    def wait_until_fails(self, command: str, timeout: float = 900) -> str:
        return self._retry(command, timeout, lambda status: status != 0)

    def _retry(self, command: str, timeout: float, wanted) -> str:
        self.log(f"waiting: {brief(command)}")
        deadline = time.monotonic() + timeout
        while True:
            left = max(1, deadline - time.monotonic())
            status, output = self.execute(command, timeout=left)
            if wanted(status):
                return output
            if time.monotonic() >= deadline:
                raise RequestedAssertionFailed(f"after {timeout} s, " + self._story(command, status, output))
            time.sleep(0.5)

    def wait_for_file(self, filename: str, timeout: float = 900) -> None:
        self.wait_until_succeeds(f"test -e {shlex.quote(filename)}", timeout)

    def wait_for_open_port(self, port: int, addr: str = "localhost", timeout: float = 900) -> None:
        self.wait_until_succeeds(f"echo > /dev/tcp/{addr}/{port}", timeout)

    def systemctl(self, q: str, user: str | None = None) -> tuple[int, str]:
        return self.execute(f"systemctl {q}")

    def wait_for_unit(self, unit: str, user: str | None = None, timeout: float = 900) -> None:
        self.log(f"waiting for unit {unit}")
        deadline = time.monotonic() + timeout
        while True:
            _, state = self.execute(f"systemctl show --property=ActiveState,Job {shlex.quote(unit)}", timeout=60)
            if "ActiveState=active\n" in state:
                return
            # Neither active nor on its way will not change by waiting.
            if "ActiveState=failed" in state or ("ActiveState=inactive" in state and re.search("^Job=[1-9]", state, re.M) is None):
                raise RequestedAssertionFailed(f"{self.name}: unit {unit}: {' '.join(state.split())}")
            if time.monotonic() >= deadline:
                raise RequestedAssertionFailed(f"{self.name}: unit {unit} not active after {timeout} s")
            time.sleep(0.5)

    # The rest

    def sleep(self, secs: int) -> None:
        time.sleep(secs)

    def copy_from_host(self, source: str, target: str) -> None:
        """Through a serial port of its own: works while the link is cut, and ssh is slow when emulated."""
        top = Path(source)
        if not top.is_dir():
            return self._copy_file(top, target)
        for path in sorted(top.rglob("*")):
            if path.is_file():
                self._copy_file(path, f"{target}/{path.relative_to(top)}")

    def _copy_file(self, path: Path, target: str) -> None:
        place, part = shlex.quote(target), shlex.quote(target + ".part")
        size, mode = path.stat().st_size, path.stat().st_mode & 0o777
        # A port that nobody holds on our side reads as ended, and right after boot there may be none yet:
        # so the guest asks until it has everything.
        self.execute(f"mkdir -p \"$(dirname {place})\"; : > {part}; "
                     f"while have=$(stat -c %s {part}); [ $have -lt {size} ]; do "
                     f"head -c $(({size} - have)) < /dev/virtio-ports/files >> {part} || true; sleep 0.05; done >/dev/null 2>&1 &",
                     timeout=60)
        with channel.connect(self.directory / "files.sock", time.monotonic() + 5) as port:
            channel.pour(path, port, 300)
            status, _ = self.execute(f"until [ $(stat -c %s {part}) = {size} ]; do sleep 0.05; done; "
                                     f"chmod {mode:o} {part}; mv -fT {part} {place}", timeout=300)
        if status != 0:
            raise RequestedAssertionFailed(f"{self.name}: copying {path} to {target} failed")

    def log(self, msg: str) -> None:
        self.log_line(f"{self.name}: {msg}")
