"""Processes that run our code without the half second that its imports take: each is forked from one that did them.

    python preloaded.py SOCKET MODULE...      imports the modules, and forks whenever the socket asks for it

What runs is as alone as in a process of its own: the one that is forked has run nothing. What an interpreter reads at
its start (PYTHON*, the locale) is that of the tests; a test of such things starts a process of its own.
"""

from __future__ import annotations

import atexit
import gc
import io
import json
import os
import pkgutil
import selectors
import socket
import subprocess
import sys
import types
from functools import cache
from importlib import import_module
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

IS_POSSIBLE = sys.platform == "linux"
AT_THE_START = ("PYTHON", "LC_", "LANG")
"""What the names of variables begin with that an interpreter reads at its start."""
BEGIN = "from schema_rewriter.cache import answer_cache; answer_cache.begin()"
"""What the code begins with that asks since when its process lives: not since the import."""


def run(
    code: str, words: Sequence[str], cwd: Path, env: Mapping[str, str], modules: tuple[str, ...], stdin: bytes = b""
) -> tuple[int, bytes, bytes]:
    """Exit code, stdout and stderr of `python -c CODE WORDS` with the modules (`package.*`: all of it) imported."""
    if not IS_POSSIBLE or any(env.get(name) != os.environ.get(name) for name in (*env, *os.environ) if _early(name)):
        command = [sys.executable, "-c", code, *words]
        done = subprocess.run(command, cwd=cwd, input=stdin, env=env, capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr
    request = json.dumps({"code": code, "words": words, "cwd": os.fspath(cwd), "env": dict(env)}).encode()
    pipes = [os.pipe() for _ in range(3)]  # stdout, stderr, the exit code
    with TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        socket.send_fds(_forker(modules), [request], [given.fileno(), *(writer for _, writer in pipes)])
    for _, writer in pipes:
        os.close(writer)
    out, err, ended = _drained([reader for reader, _ in pipes])
    assert ended, "the process that forks has ended"
    return int(ended), out, err


def _drained(pipes: Sequence[int]) -> list[bytes]:
    """What comes out of pipes, each to its end; they are closed."""
    parts: dict[int, list[bytes]] = {pipe: [] for pipe in pipes}
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                if part := os.read(key.fd, 1 << 16):
                    parts[key.fd].append(part)
                else:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return [b"".join(parts[pipe]) for pipe in pipes]


def _early(name: str) -> bool:
    return name.startswith(AT_THE_START)


@cache
def _forker(modules: tuple[str, ...]) -> socket.socket:
    """A socket to a process that has imported the modules; it ends when nobody holds the socket any more."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, __file__, str(theirs.fileno()), *modules]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True)
    theirs.close()
    atexit.register(_end, ours, process)
    return ours


def _end(channel: socket.socket, process: subprocess.Popen[bytes]) -> None:
    channel.close()
    process.wait()


def _serve(channel: socket.socket) -> dict[str, object]:
    """In a forked process what it is to do, with its streams in place; the one that forks never comes back."""
    waiting: set[int] = set()
    while True:
        request, files, _, _ = socket.recv_fds(channel, 1 << 20, 4)
        if not request:
            for one in waiting:
                os.waitpid(one, 0)
            os._exit(0)
        waiting = {one for one in waiting if os.waitpid(one, os.WNOHANG) == (0, 0)}
        if (waits := os.fork()) == 0:
            channel.close()
            if (child := os.fork()) == 0:
                for number, file in enumerate(files[:3]):
                    os.dup2(file, number)
                for file in files:
                    os.close(file)
                asked: dict[str, object] = json.loads(request)
                return asked
            for file in files[:3]:
                os.close(file)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            os.write(files[3], str(code).encode())
            os._exit(0)
        waiting.add(waits)
        for file in files:
            os.close(file)


def _become(code: str, words: list[str], cwd: str, env: dict[str, str]) -> None:
    """What an interpreter does at its start, and then the code."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for name, mode in (("stdin", "rb"), ("stdout", "wb"), ("stderr", "wb")):
        before = getattr(sys, name)
        file = open(before.fileno(), mode, closefd=False)  # noqa: SIM115 - as long as the process lives
        after = io.TextIOWrapper(file, before.encoding, before.errors, line_buffering=name == "stderr")
        setattr(sys, name, after)
        setattr(sys, f"__{name}__", after)
    sys.argv = ["-c", *words]
    sys.path[0] = ""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    exec(code, vars(module))


def _load(name: str) -> None:
    """A module, or all of a package (`package.*`)."""
    package = import_module(name.removesuffix(".*"))
    if name.endswith(".*"):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(".__main__"):
                import_module(found.name)


if __name__ == "__main__":
    for one in sys.argv[2:]:
        _load(one)
    gc.collect()
    gc.freeze()
    _become(**_serve(socket.socket(fileno=int(sys.argv[1]))))  # type: ignore[arg-type]
