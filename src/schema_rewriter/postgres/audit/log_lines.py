"""The server's log as evidence: the statements in it that say old names. Opens no file, asks no server."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.postgres.audit.old_names import old_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_rewriter.rules import RuleSet

_SAID = re.compile(r"(?:duration: [\d.]+ ms +)?(?:statement|execute [^:]*): (?P<sql>.*)", re.DOTALL)
_WHEN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_PLAIN = re.compile(r"\bLOG: +")


@dataclass(frozen=True, slots=True)
class Logged:
    """A statement of the log; `when` as written there, to the second; `database` is empty where that is not told."""

    when: str
    database: str
    sql: str


def logged(lines: Iterable[str]) -> Iterator[Logged]:
    """The statements of a log of PostgreSQL's: jsonlog, csvlog, or plain with a log_line_prefix that has %t or %m.

    >>> list(logged(["2026-01-01 10:00:00.1 UTC [1] LOG:  statement: SELECT 1", "\\tFROM t"]))
    [Logged(when='2026-01-01 10:00:00', database='', sql='SELECT 1\\nFROM t')]
    """
    for when, database, message in _messages(list(lines)):
        if (said := _SAID.match(message)) and (time := _WHEN.search(when)):
            yield Logged(time[0], database, said["sql"])


def _messages(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("{"):
        for entry in (json.loads(line) for line in lines if line.strip()):
            yield str(entry.get("timestamp", "")), str(entry.get("dbname", "")), str(entry.get("message", ""))
    elif _WHEN.match(first) and len(next(csv.reader([first]))) >= 14:
        for row in csv.reader(line if line.endswith("\n") else f"{line}\n" for line in lines):
            if len(row) >= 14:
                yield row[0], row[2], row[13]
    else:
        yield from _plain(lines)


def _plain(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Messages with a prefix; a line that begins with a tab goes on with the one before."""
    entry: list[str] = []
    for line in [*lines, "end"]:
        if line.startswith("\t"):
            entry.append(line[1:].rstrip("\r\n"))
            continue
        prefix, mark, message = _split("\n".join(entry))
        if mark:
            yield prefix, "", message
        entry = [line.rstrip("\r\n")]


def _split(text: str) -> tuple[str, bool, str]:
    found = _PLAIN.search(text)
    return (text[: found.start()], True, text[found.end() :]) if found else ("", False, "")


def old_names_in(statements: Iterable[Logged], database: str, rules: RuleSet) -> tuple[str, ...]:
    """What the log tells of old names in a database, a line each; a text without one is read once."""
    counts: Counter[str] = Counter()
    last: dict[str, str] = {}
    known: dict[str, tuple[str, ...]] = {}
    for one in statements:
        if one.database not in ("", database):
            continue
        if one.sql not in known:
            known[one.sql] = old_names(one.sql, rules).relations
        for relation in known[one.sql]:
            counts[relation] += 1
            last[relation] = max(one.when, last.get(relation, ""))
    return tuple(
        f"the log has {count} statement{'s' * (count > 1)} that say{'s' * (count == 1)} {relation}, "
        f"last at {last[relation]}"
        for relation, count in sorted(counts.items())
    )
