"""Which stretches of Python code run only where the database is another system than PostgreSQL; knows no SQL.

Read off the code: tests such as `engine == "sqlite"`, `isinstance(engine, SqliteEngine)`, `if is_mysql`, the branches
of an `if` and what follows one that leaves, keys and keywords that name a system (`{"sqlite": ...}`, `sqlite_where=`).
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_rewriter.hosts.host import Embedded
    from schema_rewriter.hosts.python.positions import Places
    from schema_rewriter.hosts.python.syntax import Syntax
    from schema_rewriter.text import MappedText

_SYSTEMS = {
    "sqlite": "SQLite",
    "sqlite3": "SQLite",
    "aiosqlite": "SQLite",
    "mysql": "MySQL",
    "pymysql": "MySQL",
    "mariadb": "MariaDB",
    "mssql": "SQL Server",
    "oracle": "Oracle",
    "duckdb": "DuckDB",
    "clickhouse": "ClickHouse",
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
    **dict.fromkeys(("postgres", "postgresql", "psycopg", "psycopg2", "asyncpg"), ""),
}
"""The systems by the words that code has for them; "" is PostgreSQL."""

_WORTH = re.compile(rb"sqlite|mysql|mariadb|mssql|oracle|postgres|duckdb|clickhouse|snowflake|bigquery", re.IGNORECASE)
_FLAG = re.compile(r"_?(?:is|use|uses|using|on|with|for)?_?(?:db_)?([a-z]+3?)(?:_db|_engine|_dialect|_backend)?\Z")
_CLASS = re.compile(r"(sqlite|mysql|mariadb|mssql|oracle|postgres|duckdb|clickhouse|snowflake|bigquery)", re.IGNORECASE)

_Test = tuple[str | None, str | None]
"""What holds where a test is true, and where it is false: the other system, "" for PostgreSQL, None if not told."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    span: Span
    system: str


def with_systems(syntax: Syntax, texts: Sequence[Embedded]) -> Sequence[Embedded]:
    """The texts of a file, each with the other system that runs it, or runs it too."""
    if not _WORTH.search(syntax.source) or (read := syntax.placed) is None:
        return texts
    module, places = read
    walk = _Walk(places)
    walk.block(module.body, None)
    if not walk.stretches:
        return texts
    walk.follow(module)
    placed = [(embedded, list(_pieces(embedded.text))) for embedded in texts]
    shared = list(walk.shared)
    for _, pieces in placed:
        inside = [_system(span, walk.stretches) for span in pieces]
        if system := next((each for each in inside if each), ""):
            # The rest of a text that a branch goes on with gets to the branch too.
            shared += [_Stretch(span, system) for span, each in zip(pieces, inside, strict=True) if not each]
    return [_marked(embedded, pieces, walk.stretches, shared) for embedded, pieces in placed]


def _marked(
    embedded: Embedded, pieces: Sequence[Span], stretches: Iterable[_Stretch], shared: Sequence[_Stretch]
) -> Embedded:
    for span in pieces:
        if system := _system(span, stretches):
            return replace(embedded, dialect=system)
    for span in pieces:
        if system := _system(span, shared):
            return replace(embedded, also=system)
    return embedded


def _pieces(text: MappedText) -> Iterator[Span]:
    for piece in text.pieces:
        yield Span(piece.offsets[0], piece.offsets[-1])


def _system(span: Span, stretches: Iterable[_Stretch]) -> str:
    return next((stretch.system for stretch in stretches if stretch.span.covers(span)), "")


class _Walk:
    """Gathers the stretches that another system's code takes, and the values that it shares with PostgreSQL's."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.stretches: list[_Stretch] = []
        self.shared: list[_Stretch] = []
        self._own: dict[int, str] = {}  # the nodes of the stretches, by their identity
        self._postgresql: set[int] = set()  # the nodes of code that only PostgreSQL takes

    def block(self, body: Sequence[ast.stmt], system: str | None) -> None:
        """Statements that run where `system` is the database: None if that is not told."""
        for statement in body:
            self._statement(statement, system)
            if isinstance(statement, ast.If) and not system:
                true, false = _test(statement.test)
                if _leaves(statement.body) and not statement.orelse and false is not None:
                    system = false
                elif statement.orelse and _leaves(statement.orelse) and true is not None:
                    system = true

    def _statement(self, statement: ast.stmt, system: str | None) -> None:
        if system:
            self._take(statement, system)
            return
        if system is not None:
            self._postgresql.update(map(id, ast.walk(statement)))
        if isinstance(statement, ast.If):
            self._expressions(statement.test)
            for branch, told_ in zip((statement.body, statement.orelse), _test(statement.test), strict=True):
                self.block(branch, told_)
            return
        if isinstance(statement, ast.Match):
            for case in statement.cases:
                values = [node.value for node in ast.walk(case.pattern) if isinstance(node, ast.MatchValue)]
                self.block(case.body, _together([_word(value) for value in values]))
            return
        for field in ("body", "orelse", "finalbody"):
            if isinstance(inner := getattr(statement, field, None), list):
                self.block(inner, system)
        for handler in getattr(statement, "handlers", ()):
            self.block(handler.body, system)
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, (ast.expr, ast.keyword, ast.withitem, ast.arguments)):
                self._expressions(child)

    def _expressions(self, top: ast.AST) -> None:
        for node in ast.walk(top):
            if isinstance(node, ast.IfExp):
                for branch, system in zip((node.body, node.orelse), _test(node.test), strict=True):
                    self._take(branch, system)
            elif isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    self._take(value, _word(key) if key else None)
            elif isinstance(node, ast.Call):
                for keyword in node.keywords:
                    word = (keyword.arg or "").partition("_")[0]
                    self._take(keyword.value, _SYSTEMS.get(word))
                    if keyword.arg == "dialect" and isinstance(node.func, ast.Attribute):
                        self._take(node.func.value, _word(keyword.value))  # DDL(..).execute_if(dialect="sqlite")

    def _take(self, node: ast.stmt | ast.expr, system: str | None) -> None:
        if not system:
            return
        if (span := self.places.span(node)) is not None:
            self.stretches.append(_Stretch(span, system))
        self._own.update(dict.fromkeys(map(id, ast.walk(node)), system))

    def follow(self, module: ast.Module) -> None:
        """Find the values that the other system's code reads by a name that is bound outside of it."""
        names = _Names()
        names.gather(module)
        for (scope, name), loads in names.loads.items():
            systems = [self._own[load] for load in loads if load in self._own]
            if not systems:
                continue
            home = next((scope[:end] for end in range(len(scope), -1, -1) if (scope[:end], name) in names.bound), None)
            if home is None:
                continue
            apart = self._own.keys() | self._postgresql  # what only PostgreSQL's code binds, no other system's gets
            values = [value for value in names.bound[home, name] if id(value) not in apart]
            only = all(
                load in self._own
                for (other, same), found in names.loads.items()
                if same == name and other[: len(home)] == home
                for load in found
            )
            spans = [self.places.span(value) for value in values]
            found = [_Stretch(span, systems[0]) for span in spans if span is not None]
            (self.stretches if only else self.shared).extend(found)


class _Names:
    """The names of a module by the functions they stand in: what is bound to them, and where they are read.

    Attributes count as names of the module, whatever they are attributes of.
    """

    def __init__(self) -> None:
        self.bound: dict[tuple[tuple[int, ...], str], list[ast.expr]] = {}
        self.loads: dict[tuple[tuple[int, ...], str], list[int]] = {}

    def gather(self, module: ast.Module) -> None:
        waiting: list[tuple[ast.AST, tuple[int, ...]]] = [(module, ())]
        while waiting:
            top, scope = waiting.pop()
            in_class = isinstance(top, ast.ClassDef)
            for node in ast.iter_child_nodes(top):
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        self._bind(target, node.value, scope, in_class)
                elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and node.value is not None:
                    self._bind(node.target, node.value, scope, in_class)
                elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                    key = (scope, node.id) if isinstance(node, ast.Name) else ((), f".{node.attr}")
                    self.loads.setdefault(key, []).append(id(node))
                inner = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
                waiting.append((node, (*scope, id(node)) if inner else scope))

    def _bind(self, target: ast.expr, value: ast.expr, scope: tuple[int, ...], in_class: bool) -> None:
        if isinstance(target, ast.Name) and not in_class:
            self.bound.setdefault((scope, target.id), []).append(value)
        elif _last(target):
            self.bound.setdefault(((), f".{_last(target)}"), []).append(value)


def _last(node: ast.AST) -> str:
    """The name, or the last part of a dotted one; "" for anything else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _leaves(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break))


def _word(node: ast.AST | None) -> str | None:
    """The system that a constant, or each of several, names; None if it names none."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return _together([_word(element) for element in node.elts])
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _SYSTEMS.get(re.split(r"[+:]", node.value.lower())[0])
    return _class(node) if isinstance(node, ast.Attribute) else None  # Engine.SQLITE


def _class(node: ast.AST | None) -> str | None:
    """The system that the name of a class or of an enum's member says."""
    if isinstance(node, ast.Tuple):
        return _together([_class(element) for element in node.elts])
    found = _CLASS.search(_last(node)) if node is not None else None
    return _SYSTEMS[found[1].lower()] if found else None


def _together(systems: Sequence[str | None]) -> str | None:
    """What holds of any of several: the other systems' names, if none of them is PostgreSQL."""
    if not systems or any(system is None for system in systems):
        return None
    return ", ".join(dict.fromkeys(system or "" for system in systems)) if all(systems) else _ours(systems)


def _ours(systems: Sequence[str | None]) -> str | None:
    return None if any(systems) else ""


def _test(node: ast.expr) -> _Test:
    """What a test tells of the database."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        true, false = _test(node.operand)
        return false, true
    if isinstance(node, ast.BoolOp):
        tests = [_test(value) for value in node.values]
        told_true = [true for true, _ in tests if true is not None]
        told_false = [false for _, false in tests if false is not None]
        if isinstance(node.op, ast.And):
            return (told_true[0] if told_true else None), None
        return _together([true for true, _ in tests]), (told_false[0] if told_false else None)
    system = _named(node)
    if system is None:
        return None, None
    positive = (system, None) if system else ("", "another system")
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.NotEq, ast.IsNot, ast.NotIn)):
        return positive[1], positive[0]
    return positive


def _named(node: ast.expr) -> str | None:
    """The system whose being the database a test asks for; None if it is no such test."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = _word(node.left), _word(node.comparators[0])
        return right if left is None else left
    if isinstance(node, ast.Call):
        name = _last(node.func)
        if name == "isinstance" and len(node.args) == 2:
            return _class(node.args[1])
        if name == "startswith" and node.args:
            return _word(node.args[0])
        node = node.func
    found = _FLAG.match(_last(node).lower())
    return _SYSTEMS.get(found[1]) if found else None
