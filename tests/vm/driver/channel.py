"""The two ways into a machine that do not need its network: a root shell, and QEMU's own monitor."""

import base64
import json
import shlex
import socket
import time
import uuid
from pathlib import Path


class Lost(Exception):
    """The machine does not answer any more: nothing can be said about it until it is started anew."""


def connect(path: Path, deadline: float) -> socket.socket:
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
            return connection
        except OSError as error:
            connection.close()
            if time.monotonic() > deadline:
                raise Lost(f"{path.name}: {error}") from error
            time.sleep(0.1)


class Lines:
    """Reads a socket line by line, never longer than a deadline."""

    def __init__(self, connection: socket.socket):
        self.connection = connection
        self.buffer = b""

    def next(self, deadline: float) -> bytes:
        chunks = [self.buffer]
        while b"\n" not in chunks[-1]:
            self.connection.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                chunk = self.connection.recv(1 << 20)
            except TimeoutError:
                self.buffer = b"".join(chunks)
                raise
            if not chunk:
                raise Lost("the machine is gone")
            chunks.append(chunk)
        line, _, self.buffer = b"".join(chunks).partition(b"\n")
        return line


class Shell:
    """Root's shell on the first virtio console: one command at a time, without the second an ssh connect takes."""

    def __init__(self, path: Path, boot_seconds: float, alive):
        deadline = time.monotonic() + boot_seconds
        self.connection = connect(path, deadline)
        self.lines = Lines(self.connection)
        try:
            self._synchronise(deadline, alive)
        except BaseException:
            self.connection.close()
            raise

    def close(self) -> None:
        self.connection.close()

    def _synchronise(self, deadline: float, alive) -> None:
        """Whatever was left from boot or from the driver before us, skip it: ask until our own question comes back."""
        while True:
            token = uuid.uuid4().hex
            self._send(f"\necho {token}\n")
            try:
                while self.lines.next(min(deadline, time.monotonic() + 1)).strip() != token.encode():
                    pass
                break
            except TimeoutError:
                if not alive():
                    raise Lost("QEMU ended while the machine was booting") from None
                if time.monotonic() > deadline:
                    raise Lost("no answer from the root shell") from None
        # Earlier questions may still be answered; the last one ends the quarrel.
        token = uuid.uuid4().hex
        self._send(f"echo {token}\n")
        while self.lines.next(deadline).strip() != token.encode():
            pass

    def _send(self, text: str) -> None:
        try:
            self.connection.settimeout(60)
            self.connection.sendall(text.encode())
        except OSError as error:
            raise Lost(str(error)) from error

    def run(self, command: str, timeout: float | None) -> tuple[int, str]:
        """Exit status and standard output. As on NixOS the command runs with `set -euo pipefail`."""
        inner = "bash -c " + shlex.quote(f"set -euo pipefail; {command}")
        if timeout is not None:
            inner = f"timeout {timeout} {inner}"
        self._send(f"{inner} 2>/run/stderr </dev/null | base64 -w 0; echo \" ${{PIPESTATUS[0]}}\"\n")
        # `timeout` ends the command inside; if not even that is reported, the machine hangs.
        deadline = time.monotonic() + (timeout + 30 if timeout is not None else 86400)
        try:
            output, _, status = self.lines.next(deadline).rpartition(b" ")
        except TimeoutError:
            raise Lost(f"no answer to: {command}") from None
        return int(status), base64.b64decode(output).decode(errors="replace")

    def errors(self) -> str:
        """What the last command wrote to stderr."""
        self._send("tail -c 8000 /run/stderr | base64 -w 0; echo\n")
        try:
            return base64.b64decode(self.lines.next(time.monotonic() + 30)).decode(errors="replace")
        except TimeoutError:
            raise Lost("no answer from the root shell") from None


class Monitor:
    """QEMU's machine protocol, one command per connection: nothing to keep in step."""

    def __init__(self, path: Path):
        self.path = path

    def __call__(self, command: str, **arguments) -> None:
        connection = connect(self.path, time.monotonic() + 5)
        try:
            lines, deadline = Lines(connection), time.monotonic() + 20
            lines.next(deadline)  # the greeting
            for name, values in (("qmp_capabilities", {}), (command, arguments)):
                connection.sendall(json.dumps({"execute": name, "arguments": values}).encode() + b"\n")
                while "return" not in (answer := json.loads(lines.next(deadline))):
                    if "error" in answer:
                        raise RuntimeError(f"{command}: {answer['error']['desc']}")
        except TimeoutError:
            raise Lost("the monitor does not answer") from None
        finally:
            connection.close()


def pour(source: Path, port: socket.socket, timeout: float) -> None:
    """Write a file into a serial port's socket."""
    port.settimeout(timeout)
    try:
        with open(source, "rb") as file:
            port.sendfile(file)
    except OSError as error:
        raise Lost(f"sending {source.name}: {error}") from error
