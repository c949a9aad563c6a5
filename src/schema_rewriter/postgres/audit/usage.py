"""Who uses the old names: values, and what a session's statements and locks tell of it. Asks no server."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class User:
    """A session that says an old name: in a statement that was seen, or by a lock that it held."""

    role: str
    application: str
    pid: int
    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A session of which it is not known whether it says old names; `why` tells what was seen of it instead."""

    role: str
    application: str
    pid: int
    why: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Who was seen in so many seconds (0: at one moment); `statements` are lines of pg_stat_statements.

    `standby`: what runs on the primary is not seen.
    """

    users: tuple[User, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    statements: tuple[str, ...] = ()
    seconds: float = 0.0
    standby: bool = False


@dataclass(slots=True)
class SessionUse:
    """What has been seen of one session: old names, whether it said a new one, the last statement that tells nothing.

    A statement that names no relation of the rules, such as COMMIT, tells nothing of what the session runs else.
    """

    role: str
    application: str
    pid: int
    old: set[str] = field(default_factory=set)
    says_new: bool = False
    hidden: bool = False
    last: str = ""
    present: bool = True


def judged(seen: list[SessionUse], deployed: frozenset[str], seconds: float) -> Usage:
    """Who uses old names, and who may.

    One that said new names and no old one runs new code, and so does one of an application that is `deployed`. One
    that has gone uses nothing any more, but what it used within the time that was asked for counts.
    """
    users, unknown = [], []
    for one in sorted(seen, key=lambda one: (one.role, one.application, one.pid)):
        if one.old:
            users.append(User(one.role, one.application, one.pid, tuple(sorted(one.old))))
        elif one.present and not one.says_new and one.application not in deployed:
            why = "its statements are hidden from this role" if one.hidden else _silent(one.last)
            unknown.append(Unknown(one.role, one.application, one.pid, why, one.hidden))
    return Usage(tuple(users), tuple(unknown), seconds=seconds)


def _silent(last: str) -> str:
    said = " ".join(last.split())
    if not said:
        return "it has run nothing yet"
    return f"its last statement tells nothing: {said[:57] + '..' if len(said) > 59 else said}"
