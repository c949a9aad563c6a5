"""What kind of file a path names, and whose SQL it holds, by its suffixes. Data and one look-up; opens nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from schema_rewriter import engines
from schema_rewriter.hosts.code import lexer

_PYTHON = frozenset(("py", "pyi", "pyw"))
_SQL = frozenset(("sql", "pgsql", "psql"))
_TEMPLATE = frozenset(("j2", "jinja", "jinja2"))
_OTHERS = {"json": "json", "toml": "toml", "yaml": "yaml", "yml": "yaml", "ipynb": "notebook"}

_TOLD = {
    **dict.fromkeys(("sh", "bash", "zsh", "ksh"), "script"),
    **dict.fromkeys(("mk", "mak"), "make"),
    **dict.fromkeys(("md", "markdown", "rst"), "document"),
    **dict.fromkeys(("env", "properties", "tf"), "settings"),
}
_NAMED = re.compile(
    r"(?P<make>(?:gnu)?makefile|justfile)|(?P<script>dockerfile(?:\..*)?|.*\.dockerfile|jenkinsfile|procfile|crontab)"
    r"|(?P<settings>\.env(?:\..*)?|(?:docker-)?compose.*\.ya?ml|.*sources\.ya?ml|tables\.ya?ml|public_\w+\.ya?ml"
    r"|.*(?:debezium|connector).*\.json)"
)
"""Files that are known by their names."""
_YAML = frozenset(("yaml", "yml"))
_OF_CLUSTERS = re.compile(r"(?:^|/)(?:k8s|kubernetes|helm|charts?|manifests?|\.github/workflows)/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its reader's name ("" where there is none) and, for SQL, whose dialect its suffix names.

    `dialect` is "" where the suffix names PostgreSQL, None where it names none. `language` is the one of other code.
    """

    reader: str
    dialect: str | None = None
    language: str = ""


def kind(path: str) -> Kind:
    """The kind of file that a POSIX path names.

    >>> kind("full/01.sql.sqlite"), kind("q/events.sql.j2").reader, kind("notes.txt").reader
    (Kind(reader='sql', dialect='SQLite'), 'template', '')
    """
    name = path.lower().rpartition("/")[2]
    _, *suffixes = name.split(".")
    if (found := _NAMED.fullmatch(name)) is not None:
        return Kind(found.lastgroup or "")
    if not suffixes:
        return Kind("")
    last = suffixes[-1]
    if last in _PYTHON:
        return Kind("python")
    if last in _TOLD or (last in _YAML and _OF_CLUSTERS.search(path)):
        return Kind(_TOLD.get(last, "settings"))
    if last in _OTHERS:
        return Kind(_OTHERS[last])
    run: list[str] = []
    while suffixes and (suffixes[-1] in _SQL | _TEMPLATE or engines.by_file_word(suffixes[-1]) is not None):
        run.append(suffixes.pop())
    if _SQL.isdisjoint(run) and not any(map(engines.is_suffix, run)):
        spoken = lexer.by_suffix().get(last, "")
        return Kind("code" if spoken else "", language=spoken)
    named = [system for word in run if (system := engines.by_file_word(word)) is not None]
    dialect = next((system for system in named if system != engines.OURS), named[0] if named else None)
    reader = "sql" if _TEMPLATE.isdisjoint(run) else "template"
    return Kind(reader, dialect)


def hint(path: str) -> str:
    """The other system that a path names beside its suffix, unless it names PostgreSQL nearer to its end.

    The names of code say it less: an everyday word, or one that is no more than a part, is a subject there.

    >>> hint("db-sqlite/x.sql"), hint("backends/mysql_store.py"), hint("mysql/to_postgres.sql"), hint("jobs/spark.py")
    ('SQLite', 'MySQL', '', '')
    """
    *folders, name = path.lower().split("/")
    stem, *suffixes = name.split(".")
    is_code = bool(suffixes) and suffixes[-1] in (*_PYTHON, "ipynb")
    words = _words("_".join((stem, *(suffixes[:-1] if is_code else suffixes))))
    if (named := _named(words, is_strict=is_code, is_code=is_code)) is not None:
        return named
    for folder in reversed(folders):
        if (named := _named(_words(folder), is_strict=False, is_code=is_code)) is not None:
            return named
    return ""


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+\d*", name)


def _named(words: list[str], *, is_strict: bool, is_code: bool) -> str | None:
    """The system that the words of a name say, the last of them first; None where they say none."""
    for word in reversed(words):
        if (system := engines.by_file_word(word)) is None:
            continue
        alone = len(words) == 1
        beside = engines.is_near(other for other in words if other != word)
        if engines.is_common(word) and not beside and (is_code or not alone):
            continue
        if system == engines.OURS or alone or beside or not is_strict:
            return system
    return None
