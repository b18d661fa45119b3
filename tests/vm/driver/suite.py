"""Runs scenarios one after the other on one pair, and says what happened."""

import re
import signal
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

from channel import Lost
from pair import Pair

SCENARIO_SECONDS = {"kvm": 600, "tcg": 1500}


class OutOfTime(BaseException):
    """Not an Exception: a scenario that catches everything must not catch this."""


class Log:
    """Time since the start, and the depth of subtests."""

    def __init__(self):
        self.began = time.monotonic()
        self.depth = 0

    def __call__(self, text: str) -> None:
        stamp = f"{time.monotonic() - self.began:7.1f} "
        for line in text.splitlines() or [""]:
            print(stamp + "  " * self.depth + line, flush=True)

    @contextmanager
    def deeper(self):
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1


class Suite:
    def __init__(self, pair: Pair, library: list[Path], log: Log):
        self.pair, self.library, self.log = pair, library, log
        self.passed, self.failed, self.skipped = [], [], []
        self.hung = False

    def run(self, scenarios: list[Path], deadline: float) -> bool:
        for scenario in scenarios:
            if why := self._skip(scenario, deadline):
                self.log(f"SKIP  {scenario.stem}: {why}")
                self.skipped.append(scenario.stem)
                continue
            began = time.monotonic()
            self.log(f"RUN   {scenario.stem}")
            with self.log.deeper():
                good = self._one(scenario, deadline)
            (self.passed if good else self.failed).append(scenario.stem)
            self.log(f"{'PASS' if good else 'FAIL'}  {scenario.stem}  {time.monotonic() - began:.1f} s")
        for name in self.failed:
            self.log(f"failed: {name}")
        skipped = f", {len(self.skipped)} skipped" if self.skipped else ""
        print(f"{len(self.passed)} passed, {len(self.failed)} failed{skipped}", flush=True)
        return not self.failed

    def _skip(self, scenario: Path, deadline: float) -> str:
        needs = re.search(r"^# needs: (\S+)", scenario.read_text(), re.M)
        if needs and needs[1] != self.pair.accel:
            return f"needs {needs[1]}"
        return "the whole suite is out of time" if time.monotonic() > deadline else ""

    def _one(self, scenario: Path, deadline: float) -> bool:
        """The same text NixOS would run: the library, then the scenario, in one namespace."""
        seconds = min(SCENARIO_SECONDS[self.pair.accel], deadline - time.monotonic())
        since = {}
        try:
            with alarm(seconds):
                if self.hung:
                    self.hung = False
                    self.pair.reboot()
                since = self._marks()
                names = self._names()
                for part in (*self.library, scenario):
                    names["__file__"] = str(part)
                    exec(compile(part.read_text(), str(part), "exec"), names)
            return True
        except (Exception, OutOfTime) as error:
            self._explain(scenario, error, seconds, since)
            return False
        finally:
            self._tidy()

    def _names(self) -> dict:
        machines = self.pair.machines

        def start_all():
            for machine in machines.values():
                machine.start()
            for machine in machines.values():
                machine.connect()

        @contextmanager
        def subtest(name: str):
            self.log(f"subtest: {name}")
            began = time.monotonic()
            result = "failed"
            try:
                with self.log.deeper():
                    yield
                result = "ok"
            finally:
                self.log(f"{result}: {name}  {time.monotonic() - began:.1f} s")

        return {"__name__": "scenario", "machines": list(machines.values()), **machines,
                "start_all": start_all, "subtest": subtest}

    def _marks(self) -> dict:
        """Journal positions, so that a failure shows this scenario's lines only."""
        marks = {}
        for machine in self.pair:
            machine.start()
            marks[machine.name] = machine.execute("date +@%s", timeout=60)[1].strip()
        return marks

    def _explain(self, scenario: Path, error: BaseException, seconds: float, since: dict) -> None:
        if isinstance(error, OutOfTime):
            self.log(f"no end after {seconds:.0f} s, at:")
        ours = [str(part) for part in (*self.library, scenario)]
        where = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in ours]
        for frame in where:
            source = Path(frame.filename).read_text().splitlines()[frame.lineno - 1].strip()
            self.log(f"{Path(frame.filename).name}:{frame.lineno}: {source}")
        known = type(error).__name__ in ("RequestedAssertionFailed", "Lost", "OutOfTime")
        self.log(str(error) if known else "".join(traceback.format_exception_only(error)))
        if isinstance(error, (OutOfTime, Lost)):
            self.hung = True  # the shell may be in the middle of something
            for machine in self.pair:
                machine.disconnect()
        self._journals(since)

    def _journals(self, since: dict) -> None:
        for machine in self.pair:
            if self.hung:
                text = "\n".join((machine.directory / "console.log").read_text(errors="replace").splitlines()[-15:])
            else:
                try:
                    with alarm(90):
                        text = machine.execute("journalctl --no-pager -o short-precise -n 40 --since "
                                               f"'{since.get(machine.name, '-5min')}'", timeout=60)[1]
                except (Exception, OutOfTime) as error:
                    text, self.hung = f"({error})", True
            with self.log.deeper():
                self.log(f"--- {machine.name}: {'console' if self.hung else 'journal'}")
                self.log(text)

    def _tidy(self) -> None:
        """Leave the next scenario two running machines and a whole cable between them."""
        for machine in self.pair:
            try:
                if machine.running():
                    machine.monitor("set_link", name="link", up=True)
            except (Exception, OutOfTime):
                self.hung = True


@contextmanager
def alarm(seconds: float):
    def ring(*_):
        raise OutOfTime(f"{seconds:.0f} s are over")

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(0.1, seconds))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
