"""What a project has set up: its root, its defaults, its rule files. Knows no options and no run."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schema_rewriter.errors import ConfigError, RuleError, nearest
from schema_rewriter.files.disk import read_named
from schema_rewriter.finding import ALIASES, CODES
from schema_rewriter.rules import merge, parse_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.rules import RuleSet

INCLUDE = (
    *("*.py", "*.pyi", "*.pyw", "*.sql", "*.pgsql", "*.psql"),
    *("*.sql.postgres", "*.sql.postgresql", "*.sql.pg"),
    *("*.sql.j2", "*.sql.jinja", "*.sql.jinja2"),
    *("*.sql.sqlite", "*.sql.mysql", "*.sql.mariadb", "*.sql.mssql", "*.sql.oracle", "*.cql", "*.cypher"),
    "*.ipynb",
)
"""The files that a directory is searched for; `include` and `--include` add to them."""

OTHER_FILES = (
    *("*.go", "*.js", "*.jsx", "*.mjs", "*.cjs", "*.ts", "*.tsx", "*.mts", "*.cts", "*.vue", "*.svelte"),
    *("*.rb", "*.rake", "*.erb", "*.java", "*.groovy", "*.gradle", "*.kt", "*.kts", "*.scala", "*.sc", "*.rs"),
    *("*.php", "*.phtml", "*.cs", "*.csx", "*.swift", "*.ex", "*.exs", "*.prisma"),
    *("*.sh", "*.bash", "*.zsh", "*.ksh", "*.mk", "*.mak", "Makefile", "GNUmakefile", "makefile", "justfile"),
    *("Dockerfile*", "*.dockerfile", "Jenkinsfile", "Procfile", "crontab", "*.md", "*.markdown", "*.rst"),
    *("*.env", ".env*", "*.properties", "*.tf", "docker-compose*.y*ml", "compose*.y*ml", "*sources.y*ml"),
    *("tables.y*ml", "public_*.y*ml", "*debezium*.json", "*connector*.json"),
    *(f"{home}/**/*.y*ml" for home in ("**/k8s", "**/kubernetes", "**/helm", "**/chart", "**/charts")),
    *(f"{home}/**/*.y*ml" for home in ("**/manifest", "**/manifests", ".github/workflows")),
    *("*.c", "*.cc", "*.cpp", "*.cxx", "*.h", "*.hpp", "*.hh"),
)
"""Those in which names are told: a directory is searched for them too, unless `other-files = false`."""

FORMATS = (
    *("concise", "full", "grouped", "json", "json-lines"),
    *("sarif", "github", "gitlab", "junit", "rdjson", "markdown"),
)
"""The values of `output-format`; reports.FORMATS holds a function for each."""

_TABLE = "tool.schema-rewrite"


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of `[tool.schema-rewrite]`, each empty or None where it is not set.

    `root` is where the paths of rules begin, and absolute, as `rules`, `baseline` and `cache_dir` are. `paths` are
    relative to `root`, and so are the globs of `per_file_ignores`.
    """

    root: Path
    rules: tuple[Path, ...] = ()
    paths: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    jobs: int | None = None
    output_format: str | None = None
    baseline: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    cache: bool = True
    cache_dir: Path | None = None
    second_opinion: bool = False
    other_files: bool = True

    @property
    def searched(self) -> tuple[str, ...]:
        """The globs of the files that a directory is searched for."""
        return (*INCLUDE, *(OTHER_FILES if self.other_files else ()), *self.include)


def load(start: Path) -> Config:
    """The settings that hold in the absolute directory `start`: of the nearest pyproject.toml with the table.

    The root is that file's directory, else the nearest one above `start` with a `.git`, else `start` itself.
    Raises ConfigError that names the file, the key and the remedy.
    """
    above = (start, *start.parents)
    for directory in above:
        path = directory / "pyproject.toml"
        if path.is_file() and (table := _table(path)) is not None:
            try:
                return _config(path, table)
            except ConfigError as error:
                raise ConfigError(_placed(error, read_named(path).decode())) from None
    return Config(next((directory for directory in above if (directory / ".git").exists()), start))


def load_rules(paths: Sequence[Path]) -> RuleSet:
    """The one rule set that the files make together. Raises RuleError that names the file and the remedy."""
    return merge([(_shown(path), _parsed(_read(path), _shown(path))) for path in paths])


def _parsed(text: str, origin: str) -> RuleSet:
    try:
        return parse_rules(text, origin)
    except RuleError as error:
        raise RuleError(_placed(error, text)) from None


def _placed(error: Exception, text: str) -> str:
    """The message with the line of the text that it speaks of."""
    from schema_rewriter.rules.toml_lines import placed  # only where something is wrong

    return placed(str(error), text)


def _read(path: Path) -> str:
    try:
        return read_named(path).decode("utf-8-sig")
    except OSError as error:
        raise RuleError(f"{_shown(path)}: {error.strerror}; name a rule file that can be read") from None
    except UnicodeDecodeError as error:
        raise RuleError(f"{_shown(path)}: not UTF-8 (byte {error.start}); save it as UTF-8") from None


def _shown(path: Path) -> str:
    """The path as a person in the working directory would write it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _table(path: Path) -> dict[str, Any] | None:
    try:
        source = read_named(path)
    except OSError as error:
        raise ConfigError(f"{_shown(path)}: {error.strerror}; make it readable") from None
    # Not TOML's business yet: another project's broken file, somewhere above, is none of ours.
    if b"schema-rewrite" not in source and b"schema_rewrite" not in source:
        return None
    try:
        tools = tomllib.loads(source.decode()).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{_shown(path)}: not TOML: {error}") from None
    if not isinstance(tools, dict):
        return None
    if "schema_rewrite" in tools:
        raise ConfigError(f"{_shown(path)}: tool.schema_rewrite: unknown key; did you mean schema-rewrite?")
    table = tools.get("schema-rewrite")
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{_shown(path)}: {_TABLE}: must be a table; write [{_TABLE}]")
    return table


_KEYS = (
    *("rules", "paths", "include", "exclude", "jobs", "output-format"),
    *("baseline", "select", "ignore", "per-file-ignores", "cache", "cache-dir", "second-opinion"),
    "other-files",
)


def _config(path: Path, table: dict[str, Any]) -> Config:
    for key in table:
        if key not in _KEYS:
            raise _wrong(path, key, f"unknown key; did you mean {nearest(key, _KEYS)}?")
    jobs = table.get("jobs")
    if jobs is not None and (type(jobs) is not int or jobs < 1):
        raise _wrong(path, "jobs", "must be a whole number from 1 on, such as jobs = 4")
    output = table.get("output-format")
    if output is not None and output not in FORMATS:
        known = ", ".join(f'"{name}"' for name in FORMATS)
        raise _wrong(path, "output-format", f"must be one of {known}")
    root = path.parent
    return Config(
        root,
        rules=tuple(Path(os.path.normpath(root / name)) for name in _strings(path, table, "rules")),
        paths=_strings(path, table, "paths"),
        include=_strings(path, table, "include"),
        exclude=_strings(path, table, "exclude"),
        jobs=jobs,
        output_format=output,
        baseline=_below(path, table, "baseline", "schema-rewrite-baseline.json"),
        select=_codes(path, table, "select"),
        ignore=_codes(path, table, "ignore"),
        per_file_ignores=_per_file_ignores(path, table),
        cache=_flag(path, table, "cache", default=True),
        cache_dir=_below(path, table, "cache-dir", ".cache/schema-rewrite"),
        second_opinion=_second_opinion(path, table),
        other_files=_flag(path, table, "other-files", default=True),
    )


def _flag(path: Path, table: dict[str, Any], key: str, *, default: bool) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise _wrong(path, key, "must be true or false")
    return value


def _second_opinion(path: Path, table: dict[str, Any]) -> bool:
    """Whether edits are to be proved by PostgreSQL's own parser too, on every machine: it must be there then."""
    key = "second-opinion"
    if not _flag(path, table, key, default=False):
        return False
    from schema_rewriter.sql.postgresql_parser import is_installed

    if not is_installed():
        raise _wrong(path, key, f"PostgreSQL's parser is not installed; pip install 'schema-rewrite[{key}]'")
    return True


def _below(path: Path, table: dict[str, Any], key: str, example: str) -> Path | None:
    """What is to be written, below the root: whoever wrote the settings says it for everybody's machine."""
    given = table.get(key)
    if given is None:
        return None
    if not (isinstance(given, str) and given) or "\0" in given:
        raise _wrong(path, key, f'must be a path, such as {key} = "{example}"')
    root = Path(os.path.normpath(path.parent))
    found = Path(os.path.normpath(root / given))
    if found == root or not found.is_relative_to(root):
        raise _wrong(path, key, f"{given!r} is not below the project's directory; give --{key} for a place elsewhere")
    if ".git" in (part.lower() for part in found.relative_to(root).parts):
        raise _wrong(path, key, f"{given!r} is git's own; name another place")
    return found


def unknown_code(code: str) -> str:
    """What is wrong with a finding code that does not exist, and the nearest that does; empty for one that does."""
    if code in CODES or code in ALIASES:
        return ""
    return f"{code!r} is no finding code; did you mean {nearest(code, CODES)}?"


def _codes(path: Path, table: dict[str, Any], key: str, name: str = "") -> tuple[str, ...]:
    codes = _strings(path, table, key, name)
    for code in codes:
        if problem := unknown_code(code):
            raise _wrong(path, name or key, problem)
    return codes


def _per_file_ignores(path: Path, table: dict[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    key = "per-file-ignores"
    given = table.get(key, {})
    if not isinstance(given, dict) or "" in given:
        raise _wrong(path, key, f'must be a table of globs, such as {key} = {{ "tests/**" = ["search-path"] }}')
    return tuple((glob, _codes(path, given, glob, f'{key}."{glob}"')) for glob in given)


def _strings(path: Path, table: dict[str, Any], key: str, name: str = "") -> tuple[str, ...]:
    name = name or key
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise _wrong(path, name, f'must be an array of strings, such as {name} = ["..."]')
    return tuple(value)


def _wrong(path: Path, key: str, problem: str) -> ConfigError:
    return ConfigError(f"{_shown(path)}: {_TABLE}.{key}: {problem}")
