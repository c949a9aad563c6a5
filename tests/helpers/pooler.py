"""A pooler in transaction mode: clients share one session of the server, each for the time of a transaction."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TERMINATE, _READY, _KEY = b"X", b"Z", b"K"


@contextmanager
def pooler(directory: Path, server: str, database: str, *, sessions: int = 1) -> Iterator[str]:
    """The connection string of a pooler before the database of the server whose socket is in a directory.

    With one session, clients that hold a transaction make the others wait, as pgbouncer does with a pool of that size.
    """
    backends = [_Backend(server, database, number) for number in range(sessions)]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(directory / ".s.PGSQL.5432"))
    listener.listen()

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=_Client(client, backends).serve, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"host={directory} port=5432 user=postgres dbname={database} gssencmode=disable"
    finally:
        listener.close()
        for backend in backends:
            backend.stream.close()


class _Backend:
    """A session of the server, which one client has at a time."""

    def __init__(self, server: str, database: str, number: int) -> None:
        self.lock, self.number = threading.Lock(), number
        self.stream = socket.socket(socket.AF_UNIX)
        self.stream.connect(f"{server}/.s.PGSQL.5432")
        body = b"".join(part.encode() + b"\0" for part in ("user", "postgres", "database", database)) + b"\0"
        self.stream.sendall(struct.pack("!ii", len(body) + 8, 196608) + body)
        self.greeting = b""
        while (message := _message(self.stream))[:1] != _READY:
            own = _KEY + struct.pack("!iii", 12, 1_000_000 + number, 0)  # a number of its own, as poolers tell
            self.greeting += own if message[:1] == _KEY else message
        self.greeting += message


class _Client:
    """One client: each of its transactions runs on whatever session is free."""

    def __init__(self, stream: socket.socket, backends: list[_Backend]) -> None:
        self.stream, self.backends = stream, backends

    def serve(self) -> None:
        with suppress(OSError, struct.error), self.stream:
            (length,) = struct.unpack("!i", _exactly(self.stream, 4))
            _exactly(self.stream, length - 4)
            self.stream.sendall(self.backends[0].greeting)
            while (message := _message(self.stream))[:1] != _TERMINATE:
                self._transaction(message)

    def _transaction(self, message: bytes) -> None:
        backend = next((one for one in self.backends if one.lock.acquire(blocking=False)), None)
        if backend is None:
            backend = self.backends[0]
            backend.lock.acquire()
        try:
            while True:
                backend.stream.sendall(message)
                while (answer := _message(backend.stream))[:1] != _READY:
                    self.stream.sendall(answer)
                self.stream.sendall(answer)
                if answer[-1:] == b"I":
                    return
                message = _message(self.stream)
        finally:
            backend.lock.release()


def _message(stream: socket.socket) -> bytes:
    head = _exactly(stream, 5)
    return head + _exactly(stream, struct.unpack("!i", head[1:])[0] - 4)


def _exactly(stream: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = stream.recv(count - len(found))
        if not more:
            raise OSError("closed")
        found += more
    return found
