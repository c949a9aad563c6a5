"""A net that costs nothing: the laws on the Python code that happens to be installed here.

A sample of the environment's own site-packages, every file of it with SCHEMA_REWRITE_ALL=1.
"""

from __future__ import annotations

import ast
import io
import os
import sysconfig
import tokenize
import warnings
from functools import cache
from pathlib import Path

import pytest
from helpers.cases import check, found

from schema_rewriter import RuleSet, rewrite
from schema_rewriter.rules import parse_rules

HOME = Path(sysconfig.get_paths()["purelib"])
ALL = os.environ.get("SCHEMA_REWRITE_ALL") == "1"
BATCHES = 8
ADVERSARIAL = parse_rules(
    """
    search_path = ["public"]
    [[move]]
    from = "public"
    to = "app"
    tables = ["users", "events", "id", "name", "data", "test"]
    """,
    "adversarial",
)
"""Rules for words that all code is full of."""
ELSEWHERE = parse_rules(
    '[[move]]\nfrom = "public"\nto = "app"\ntables = ["zqx_nothing_is_called_so", "Zqx_2"]'.replace(
        '"Zqx_2"', "'\"Zqx 2\"'"
    ),
    "elsewhere",
)
"""Rules for what nothing is called."""


@cache
def _sample() -> list[Path]:
    """All files, or 60 of those below 60 KB: every n-th in the order of their paths, and what speaks SQL first."""
    files = sorted(path for path in HOME.rglob("*.py") if path.is_file())
    if ALL:
        return files
    small = [path for path in files if path.stat().st_size < 60_000]
    spread = small[:: max(1, len(small) // 45)][:45]
    speaking = [path for path in small if {"psycopg", "sqlglot", "tests"} & set(path.parts)]
    return sorted({*spread, *speaking[:: max(1, len(speaking) // 15)][:15]})


def _code(source: bytes) -> list[tuple[int, str]]:
    """The tokens of a file other than strings."""
    strings = (tokenize.STRING, *(getattr(tokenize, f"{kind}STRING_MIDDLE", -1) for kind in ("F", "T")))
    tokens = tokenize.tokenize(io.BytesIO(source).readline)
    return [(token.type, token.string) for token in tokens if token.type not in strings]


def _strings(source: bytes) -> list[str]:
    """The values of all string constants of a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [str(value) for value in values if isinstance(value, (str, bytes))]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_laws_hold_of_installed_code(batch: int) -> None:
    """No exception; with adversarial rules every law holds; rules of names that do not occur never edit."""
    for path in _sample()[batch::BATCHES]:
        name, source = path.relative_to(HOME).as_posix(), path.read_bytes()
        _judge(name, source, ADVERSARIAL)
        nothing = rewrite(name, source, ELSEWHERE)
        assert nothing.after == source, name
        assert not [finding for finding in nothing.findings if finding.relation], name


def _judge(name: str, source: bytes, rules: RuleSet) -> None:
    result = rewrite(name, source, rules)
    if result.error is not None:
        assert result.after == source, name
        return
    if result.findings or result.changed:
        check(name, source, result.after, found(result), rules)
    if result.changed:
        assert _code(source) == _code(result.after), name
        before, after = _strings(source), _strings(result.after)
        assert len(before) == len(after), name
        for old, new in zip(before, after, strict=True):
            assert old == new or new.replace("app.", "").replace("public.", "") == old.replace("public.", ""), name


def test_there_is_code_to_sample() -> None:
    """The environment holds enough files for the net to mean something."""
    assert len(_sample()) >= 50
