"""The SQL cases before PostgreSQL's own parser: the schemas of relations that move change, and nothing else.

No code of ours takes part: the trees before and after are compared node by node, and where they differ the
fixture's rules.toml must say so.
"""

from __future__ import annotations

import importlib
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cases import SqlCase, sql_cases, sql_files
from helpers.paths import FIXTURES
from helpers.spellings import has_holes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Loaded without their types: protobuf has none, and those of postgast are not valid Python.
postgast: Any = importlib.import_module("postgast")
json_format: Any = importlib.import_module("google.protobuf.json_format")

POSITIONS = frozenset(
    {"location", "stmt_location", "stmt_len", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end"}
)
_PLACEHOLDER = re.compile(r"%\(\w+\)s|%s|(?<![:\w]):'?[A-Za-z_]\w*'?|(?<=[ (,=])\?(?=[ ),;]|\Z)")


def tree(text: str) -> Any:
    """The parse tree, as dicts and lists. Placeholders of drivers count as $1. Raises PgQueryError."""
    parsed = postgast.parse(_PLACEHOLDER.sub("$1", text))
    return json_format.MessageToDict(parsed, preserving_proto_field_name=True)


def differences(before: Any, after: Any, case: SqlCase, place: str = "") -> Iterator[str]:
    """Where the trees differ, other than by a relation that the case's rules move."""
    if isinstance(before, dict) and isinstance(after, dict):
        if "relname" in before and "relname" in after:
            old, new = ([node[key] for key in ("schemaname", "relname") if node.get(key)] for node in (before, after))
            if not moved(old, new, case):
                yield f"{place}: {'.'.join(old)} became {'.'.join(new)}"
            before, after = (
                {k: v for k, v in n.items() if k not in ("schemaname", "relname")} for n in (before, after)
            )
        for key in sorted((before.keys() | after.keys()) - POSITIONS):
            yield from differences(before.get(key), after.get(key), case, f"{place}.{key}")
    elif isinstance(before, list) and isinstance(after, list):
        old, new = ([part(item) for item in items] for items in (before, after))
        if any(" " in text for text in old):  # a routine's body
            old, new = ([unqualified(text, case) for text in texts] for texts in (old, new))
        if old and new and "" not in old + new:
            if not moved(old, new, case):
                yield f"{place}: {'.'.join(old)} became {'.'.join(new)}"
        elif len(before) != len(after):
            yield f"{place}: {len(before)} became {len(after)}"
        else:
            for number, (one, other) in enumerate(zip(before, after, strict=True)):
                yield from differences(one, other, case, f"{place}[{number}]")
    elif isinstance(before, str) and isinstance(after, str):
        if unqualified(before, case) != unqualified(after, case):
            yield f"{place}: {before!r} became {after!r}"
    elif before != after:
        yield f"{place}: {before!r} became {after!r}"


def unqualified(text: str, case: SqlCase) -> str:
    """A constant (a name for regclass, a routine's body) without the schemas that relations move from and to."""
    schemas = {schema for move in case.rules.moves for schema in (move.relation.schema, move.to.schema)}
    either = "|".join(map(re.escape, filter(None, schemas)))
    return re.sub(rf'(?:\b(?:{either})|"(?:{either})")\.', "", text)


@cache
def belongings(text: str) -> frozenset[str]:
    """The names of indexes, constraints and sequences that a text gives, and those that the server would choose."""
    found: set[str] = set(re.findall(r"\w+_(?:pkey|key|idx|seq|excl|fkey)\d*\b", text))
    found |= set(re.findall(r"\bcreate\s+(?:unique\s+)?index\s+(\w+)\s+on\b", text))  # bodies are strings to its parser
    waiting: list[Any] = [tree(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            found |= {node[key] for key in ("idxname", "conname", "newname") if node.get(key)}
            if "create_seq_stmt" in node or "alter_seq_stmt" in node:
                found.add((node.get("create_seq_stmt") or node["alter_seq_stmt"])["sequence"]["relname"])
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return frozenset(found)


def part(item: Any) -> str:
    """What a node is in a dotted name; "" if it is no part of one."""
    return "*" if "a_star" in item else str(item.get("string", {}).get("sval", ""))


def moved(old: list[str], new: list[str], case: SqlCase) -> bool:
    """Whether a dotted name stays, or its relation is one that the rules move to the one in the new name."""
    if old == new:
        return True
    rules = case.rules
    if old[-1:] == new[-1:] and old[-1] in belongings(case.before):  # an index or a sequence goes with its table
        schemas = [(move.relation.schema, move.to.schema) for move in rules.moves]
        return any((old[:-1] in ([], [one])) and new[:-1] == [other] for one, other in schemas)
    for move in rules.moves:
        olds = [[move.relation.schema, move.relation.name]]
        olds += [[move.relation.name]] if move.relation.schema in rules.search_path else []
        news = [[move.to.schema, move.to.name]]
        # A schema that the search_path finds; where a relation is renamed, the bare owner of its columns.
        news += [[move.to.name]] if move.to.schema in rules.bare or move.to.name != move.relation.name else []
        for one in olds:
            if old[: len(one)] == one and any(new == [*other, *old[len(one) :]] for other in news):
                return True
    return len(old) > 3 and old[0] == new[0] and moved(old[1:], new[1:], case)  # the first part is the database


@pytest.mark.parametrize("file", sql_files(), ids=lambda file: file.relative_to(FIXTURES).as_posix())
def test_only_relations_that_move_change(file: Path) -> None:
    """In every case that PostgreSQL can parse; a case that it can't parse before, it must not parse after."""
    problems: list[str] = []
    for case in sql_cases(file):
        if has_holes(case):
            continue
        try:
            before = tree(case.before)
        except postgast.PgQueryError:
            before = None
        try:
            after = tree(case.after)
        except postgast.PgQueryError as error:
            if before is not None:
                problems.append(f"{case.origin} {case.name}: after: {error}")
            continue
        problems += [f"{case.origin} {case.name}: {text}" for text in differences(before, after, case)]
    assert not problems, "\n".join(problems)


def test_postgresql_can_parse_nearly_all_cases() -> None:
    """What it can't parse is a driver's or wrong on purpose; were it more, the test above would be idle."""
    cases = [case for file in sql_files() for case in sql_cases(file) if not case.only and not has_holes(case)]
    unread: list[str] = []
    for case in cases:
        try:
            tree(case.before)
        except postgast.PgQueryError:
            unread.append(f"{case.origin} {case.name}")
    assert len(unread) < 0.05 * len(cases), "\n".join(unread)


def test_a_wrong_case_is_seen() -> None:
    """The comparison has teeth."""
    case = next(case for file in sql_files() for case in sql_cases(file) if case.after != case.before)
    move = case.rules.moves[0]
    good = f"select id from {move.relation.name}", f"select id from {move.to}"
    assert not list(differences(tree(good[0]), tree(good[1]), case))
    for wrong in (
        f"select x from {move.to}",
        f"select id from other.{move.to.name}",
        f"{good[1]}, a",
        f"{good[1]} b",
    ):
        assert list(differences(tree(good[0]), tree(wrong), case)), wrong
