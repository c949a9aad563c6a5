"""The mode without views: the search_path finds both schemas for as long as old code runs. Asks no database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.postgres.catalog import PathSetting
from schema_rewriter.postgres.migrate.quoting import literal
from schema_rewriter.postgres.migrate.roles import block
from schema_rewriter.postgres.migrate.steps import Step
from schema_rewriter.relation import fold, quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.postgres.catalog import Catalog
    from schema_rewriter.rules import Move

_PART = re.compile(r'"(?:[^"]|"")*"|[^,\s"]+')
SINCE = "schema_rewrite.path_since"
"""The setting of the database that tells since when its search_path finds both schemas."""


def path_step(moves: Sequence[Move], catalog: Catalog) -> Step:
    """Has every search_path that finds an old schema find the new ones behind it; takes them off again."""
    found = list(_widened(moves, catalog))
    if all(setting.role for setting in catalog.paths):
        found.append((PathSetting("", True, ""), _with(catalog.server_path, _new(moves, catalog.server_path))))
    lines = [f"{_subject(setting, catalog)} SET search_path = {path};" for setting, path in found]
    undo = [
        f"{_subject(setting, catalog)} "
        + (f"SET search_path = {_with(setting.value, ())};" if setting.value else "RESET search_path;")
        for setting, _ in found
    ]
    name = literal(f"{SINCE}=%")
    mark = (
        f"IF NOT EXISTS (SELECT FROM pg_db_role_setting s, unnest(s.setconfig) x WHERE x LIKE {name} "
        "AND s.setrole = 0 AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())) THEN\n"
        f"    EXECUTE format('ALTER DATABASE %I SET {SINCE} = %L', current_database(), clock_timestamp());\n  END IF;"
    )
    reset = f"EXECUTE format('ALTER DATABASE %I RESET {SINCE}', current_database());"
    return Step(
        f"search_path of database {catalog.database}",
        block([*lines, mark]),
        block([*undo, reset]),
        note="Sessions that are open keep the path that they began with: expand waits until they have ended.",
    )


FRESH = Step(
    "every session has the new search_path",
    "SELECT pg_temp.sr_fresh();",
    note="Tables move only once every session began after prepare.",
)


def against(moves: Sequence[Move], catalog: Catalog) -> Iterator[str]:
    """What in the database speaks against it, each in a line. What the code says is another's to find."""
    from schema_rewriter.postgres.migrate.routines import rewritten, says_schema
    from schema_rewriter.rules import RuleSet

    for move in moves:
        if move.relation.name != move.to.name and catalog.relation(move.relation):
            yield f"{move.relation} gets another name, which no search_path finds by the old one"
    olds = {move.relation.schema for move in moves}
    if len(olds) > 1:
        yield f"tables leave more than one schema ({', '.join(sorted(map(str, olds)))}); no one path is right for all"
    elif not any(schema in names(setting.value) for schema in olds for setting in _paths(catalog)):
        yield f"no search_path of the database finds {quote(str(*olds))}: nothing means its tables by their bare names"
    rules = RuleSet(tuple(moves), tuple(str(schema) for schema in olds))
    for found in rewritten(catalog, rules):
        if any(setting.startswith("search_path=") for setting in found.routine.settings):
            yield f"{found.routine} has a search_path of its own, which does not find the new schema"
        elif said := says_schema(found, rules):
            yield f"{found.routine} says {said}, which is not found until the functions phase"
    yield from _hidden(moves, catalog)


def _hidden(moves: Sequence[Move], catalog: Catalog) -> Iterator[str]:
    """Relations of a moved one's name that a path would find before the moved one."""
    for setting in _paths(catalog):
        for schema in names(setting.value):
            for move in moves:
                other = type(move.relation)(schema, move.relation.name)
                if other not in (move.relation, move.to) and catalog.relation(other):
                    yield f"{other} would be found in place of {move.to} by the search_path {setting.value}"


def names(path: str) -> tuple[str, ...]:
    """The schemas of a search_path.

    >>> names('"$user", public, "My App"')
    ('$user', 'public', 'My App')
    """
    return tuple(fold(part) for part in _PART.findall(path))


def _paths(catalog: Catalog) -> tuple[PathSetting, ...]:
    """The settings that hold in the database; that of the server where the database has none."""
    given = tuple(setting for setting in catalog.paths if setting.database or setting.role or not _has_own(catalog))
    return given if any(not setting.role for setting in given) else (*given, PathSetting("", True, catalog.server_path))


def _has_own(catalog: Catalog) -> bool:
    return any(setting.database and not setting.role for setting in catalog.paths)


def _widened(moves: Sequence[Move], catalog: Catalog) -> Iterator[tuple[PathSetting, str]]:
    olds = {move.relation.schema for move in moves}
    for setting in catalog.paths:
        if olds & set(names(setting.value)) and (new := _new(moves, setting.value)):
            yield setting, _with(setting.value, new)


def _new(moves: Sequence[Move], path: str) -> tuple[str, ...]:
    there = names(path)
    return tuple(dict.fromkeys(str(move.to.schema) for move in moves if move.to.schema not in there))


def _with(path: str, more: Sequence[str]) -> str:
    return ", ".join(map(quote, (*names(path), *more)))


def _subject(setting: PathSetting, catalog: Catalog) -> str:
    where = f" IN DATABASE {quote(catalog.database)}" if setting.database else ""
    if setting.role:
        return f"ALTER ROLE {quote(setting.role)}{where}"
    return f"ALTER DATABASE {quote(catalog.database)}" if where else "ALTER ROLE ALL"
