"""Processes timed in turn, and their memory. Knows nothing of what they do."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from time import perf_counter, sleep
from typing import TYPE_CHECKING

from schema_rewriter import gc_tuning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

COMMAND = (str(Path(sys.executable).with_name("schema-rewrite")),)


class CantRunError(Exception):
    """What was to be measured did not do its work."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: how many turns, and what share of the files, bytes and statements."""

    repeat: int
    share: float = 1.0

    def of(self, count: int) -> int:
        """The share of a count."""
        return max(1, round(count * self.share))


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `met` is None for what no requirement is about."""

    what: str
    figure: str
    limit: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """The seconds that one thing took, each time that it was done."""

    all: tuple[float, ...]

    @property
    def best(self) -> float:
        """The least: what other work on the machine disturbed least."""
        return min(self.all)

    def over(self, other: Times) -> Ratio:
        """How many times longer than another thing, that was measured in turn with it."""
        return Ratio(self.best / other.best, median(self.all) / median(other.all))


@dataclass(frozen=True, slots=True)
class Measured:
    """The time on the clock, and the time of processors, which other work on the machine disturbs far less.

    Of a command that starts processes of its own, `cpu` holds those that it waits for: none of a pool.
    """

    wall: Times
    cpu: Times


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of least times, which decides, and of medians, which tells how noisy the machine was."""

    best: float
    middle: float

    def __str__(self) -> str:
        return f"{self.best:.2f}x (median {self.middle:.2f}x)"

    def below(self, limit: float, what: str) -> Figure:
        """The line of a requirement."""
        return Figure(what, str(self), f"< {limit:g}x", self.best < limit)


def in_turn(actions: Mapping[str, Callable[[], object]], repeat: int) -> dict[str, Measured]:
    """The times of all actions, done one after the other, `repeat` times, in either order by turns."""
    wall: dict[str, list[float]] = {name: [] for name in actions}
    cpu: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(repeat):
        for name in list(actions)[:: -1 if turn % 2 else 1]:
            begin, used = perf_counter(), _processor()
            actions[name]()
            wall[name].append(perf_counter() - begin)
            cpu[name].append(_processor() - used)
    return {name: Measured(Times(tuple(wall[name])), Times(tuple(cpu[name]))) for name in actions}


def _processor() -> float:
    """The seconds that this process and the ended ones below it had of processors."""
    own, below = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + below.ru_utime + below.ru_stime


def process(command: Sequence[str], cwd: Path, *, code: int = 0) -> Callable[[], None]:
    """What runs a command to its end and demands this exit code."""

    def run() -> None:
        done = subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if done.returncode != code:
            raise CantRunError(f"{' '.join(command)}: exit code {done.returncode}, not {code}\n{done.stderr.decode()}")

    return run


def in_fork(count: Callable[[], int]) -> int:
    """What a function counts in a process of its own, set up as those of the command: no turn profits from another."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            gc_tuning.seldom()
            os.write(writing, str(count()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as stream:  # noqa: PTH123 - no path
        told = stream.read()
    os.waitpid(child, 0)
    if not told:
        raise CantRunError("a measured process died")
    return int(told)


def output(command: Sequence[str], cwd: Path) -> str:
    """What a command prints, on stderr where nothing is on stdout, whatever its exit code."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    return done.stdout or done.stderr


# ------------------------------------------------------------------------------------------------ memory


@dataclass(slots=True)
class Memory:
    """The peaks of a command and all its processes, in MB (10^6 bytes).

    `own` is the peak resident memory of each process by itself, the command's first; `together` the peak of their sum
    at one moment, where a page that several share counts once (PSS).
    """

    own: dict[int, float] = field(default_factory=dict)
    together: float = 0.0


def memory(command: Sequence[str], cwd: Path) -> Memory:
    """The memory of a command, looked at some hundred times a second. Linux only."""
    found = Memory()
    started = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while started.poll() is None:
        together = 0.0
        for process in _session(started.pid):
            found.own[process] = max(found.own.get(process, 0.0), _megabytes(process, "status", "VmHWM"))
            together += _megabytes(process, "smaps_rollup", "Pss")
        found.together = max(found.together, together)
        sleep(0.004)
    return found


def _session(leader: int) -> list[int]:
    """The processes of a session, its leader first."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                fields = Path(entry.path, "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            except OSError:
                continue  # it has ended
            if int(fields[3]) == leader:
                found.append(int(entry.name))
    return sorted(found)


def _megabytes(process: int, file: str, key: str) -> float:
    try:
        lines = Path(f"/proc/{process}/{file}").read_text("utf-8", "replace").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(f"{key}:")), 0.0)
