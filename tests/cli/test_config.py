"""config.py: whose settings hold, and what is said of wrong ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from helpers.paths import ROOT

from schema_rewriter.cli import config
from schema_rewriter.cli.config import Config
from schema_rewriter.errors import ConfigError, RuleError
from schema_rewriter.hosts.kinds import kind

if TYPE_CHECKING:
    from pathlib import Path


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def table(root: Path, text: str) -> None:
    put(root / "pyproject.toml", f"[tool.schema-rewrite]\n{text}")


def test_all_settings(tmp_path: Path) -> None:
    table(
        tmp_path,
        'rules = ["db/rules.toml", "../more.toml"]\npaths = ["src", "db"]\ninclude = ["*.ddl"]\n'
        'exclude = ["vendor"]\njobs = 2\noutput-format = "json"\n'
        'baseline = "db/known.json"\nselect = ["old-schema", "search-path"]\nignore = ["search-path"]\n'
        'per-file-ignores = { "tests/**" = ["ambiguous-relation"] }\n',
    )
    assert config.load(tmp_path) == Config(
        tmp_path,
        rules=(tmp_path / "db/rules.toml", tmp_path.parent / "more.toml"),
        paths=("src", "db"),
        include=("*.ddl",),
        exclude=("vendor",),
        jobs=2,
        output_format="json",
        baseline=tmp_path / "db/known.json",
        select=("old-schema", "search-path"),
        ignore=("search-path",),
        per_file_ignores=(("tests/**", ("ambiguous-relation",)),),
    )


def test_every_file_that_is_searched_for_has_a_reader_and_is_a_hooks_file() -> None:
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    patterns = re.findall("files: '(.*)'", hooks)
    assert len(patterns) == 2
    for glob in config.INCLUDE:
        path = glob.replace("*", "app/a")
        assert kind(path).reader, glob
        assert all(re.search(pattern, path) for pattern in patterns), glob


def test_the_nearest_table_counts_and_not_the_nearest_file(tmp_path: Path) -> None:
    table(tmp_path, "jobs = 3")
    put(tmp_path / "packages/one/pyproject.toml", '[project]\nname = "one"\n')
    put(tmp_path / "packages/one/.git", "")
    below = tmp_path / "packages/one/src"
    below.mkdir()
    assert config.load(below) == Config(tmp_path, jobs=3)
    table(tmp_path / "packages", "jobs = 4")
    assert config.load(below) == Config(tmp_path / "packages", jobs=4)


def test_a_root_without_a_table(tmp_path: Path) -> None:
    below = tmp_path / "a/b"
    below.mkdir(parents=True)
    assert config.load(below) == Config(below)
    (tmp_path / ".git").mkdir()
    assert config.load(below) == Config(tmp_path)


def test_a_broken_file_of_others_is_none_of_our_business(tmp_path: Path) -> None:
    put(tmp_path / "pyproject.toml", "[[[")
    (tmp_path / "a").mkdir()
    assert config.load(tmp_path / "a").rules == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rule = []", "tool.schema-rewrite.rule: unknown key; did you mean rules?"),
        (
            "output_format = 'json'",
            "tool.schema-rewrite.output_format: unknown key; did you mean output-format?",
        ),
        ("rules = 'x'", 'tool.schema-rewrite.rules: must be an array of strings, such as rules = ["..."]'),
        ("paths = [1]", 'tool.schema-rewrite.paths: must be an array of strings, such as paths = ["..."]'),
        (
            "exclude = ['']",
            'tool.schema-rewrite.exclude: must be an array of strings, such as exclude = ["..."]',
        ),
        ("jobs = 0", "tool.schema-rewrite.jobs: must be a whole number from 1 on, such as jobs = 4"),
        ("jobs = true", "tool.schema-rewrite.jobs: must be a whole number from 1 on, such as jobs = 4"),
        ("jobs = '4'", "tool.schema-rewrite.jobs: must be a whole number from 1 on, such as jobs = 4"),
        ("output-format = 'xml'", 'tool.schema-rewrite.output-format: must be one of "concise", "full", "grouped"'),
        ("output-format = []", 'tool.schema-rewrite.output-format: must be one of "concise", "full", "grouped"'),
        ("baseline = ''", "tool.schema-rewrite.baseline: must be a path, such as baseline = "),
        ("cache = 'no'", "tool.schema-rewrite.cache: must be true or false"),
        ("second-opinion = 1", "tool.schema-rewrite.second-opinion: must be true or false"),
        (
            "baseline = '../known.json'",
            "tool.schema-rewrite.baseline: '../known.json' is not below the project's directory; give --baseline for",
        ),
        ("baseline = '.git/config'", "tool.schema-rewrite.baseline: '.git/config' is git's own"),
        ("cache-dir = 7", "tool.schema-rewrite.cache-dir: must be a path, such as cache-dir = "),
        ("ignore = 'x'", 'tool.schema-rewrite.ignore: must be an array of strings, such as ignore = ["..."]'),
        ("select = ['old-schemas']", "tool.schema-rewrite.select: 'old-schemas' is no finding code; did you mean old-"),
        (
            "per-file-ignores = {'tests/**' = ['dynamic']}",
            "tool.schema-rewrite.per-file-ignores.\"tests/**\": 'dynamic' is no finding code; did you mean dynamic-rel",
        ),
        (
            "per-file-ignores = ['x']",
            'tool.schema-rewrite.per-file-ignores: must be a table of globs, such as per-file-ignores = { "tests/**"',
        ),
    ],
)
def test_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    table(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as error:
        config.load(tmp_path)
    assert str(error.value).startswith(f"pyproject.toml:2: {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.schema_rewrite]", "tool.schema_rewrite: unknown key; did you mean schema-rewrite?"),
        ("tool.schema-rewrite = 1", "tool.schema-rewrite: must be a table; write [tool.schema-rewrite]"),
    ],
)
def test_a_wrong_table(tmp_path: Path, text: str, message: str) -> None:
    put(tmp_path / "pyproject.toml", text)
    with pytest.raises(ConfigError) as error:
        config.load(tmp_path)
    assert str(error.value) == f"{tmp_path / 'pyproject.toml'}: {message}"


def test_not_toml(tmp_path: Path) -> None:
    put(tmp_path / "pyproject.toml", "[tool.schema-rewrite")
    with pytest.raises(ConfigError, match="not TOML"):
        config.load(tmp_path)
    (tmp_path / "pyproject.toml").write_bytes(b"# \xff schema-rewrite")
    with pytest.raises(ConfigError, match="not TOML"):
        config.load(tmp_path)


# -------------------------------------------------------------------------------------------- rule files

USERS = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["users"]\n'


def test_rule_files_are_merged(tmp_path: Path) -> None:
    one = put(tmp_path / "one.toml", "\ufeff" + USERS)  # as Notepad writes it
    other = put(tmp_path / "other.toml", USERS.replace("users", "jobs"))
    assert config.load_rules([one, other]).names == {"users", "jobs"}


def test_rule_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    for name, message in {
        "none.toml": "none.toml: No such file or directory; name a rule file that can be read",
        ".": ".: Is a directory; name a rule file that can be read",
        "latin.toml": "latin.toml: not UTF-8 (byte 2); save it as UTF-8",
    }.items():
        with pytest.raises(RuleError) as error:
            config.load_rules([tmp_path / name])
        assert str(error.value) == message
