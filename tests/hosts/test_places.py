"""Both readers of Python code say of an expression that it stands at the same bytes, also in f-strings."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from helpers.paths import FIXTURES

from schema_rewriter.hosts.python.pythonfile import PythonFile

if TYPE_CHECKING:
    from pathlib import Path

FILES = sorted((FIXTURES / "python").rglob("*.py"))
TRICKY = {
    "side by side": """x = "a {t} b" f"{{no}} {t}" 'c' rf'\\{t}' f'\\N{DASH}{t}' # {t}\n""",
    "parts of its own": "x = f\"{t['}']}{ {1: t}[1] }{t!r:>{w}.{p}}{t=}{t != u}{(lambda: t)()}{'a' if t else '{'}\"\n",
    "lines": 'x = f"""é {\n  t} {t\n} {\n\n   t + (\n u)\n}"""\n',
    "one in another": "x = f\"{f'{t}' + f'é{u}'}\" f'{t}'\n",
    "sums": 'x = "FROM " + t + ("," + (t)) + ", ".join(u) + ", ".join((a for a in u)) + (t, u)[0]\n',
    "templates": 'x = "%s %s" % (t, (t, u)) + "%(a)s" % {"a": (t)} + "{} {k}".format(t, k=(t)) + "%s" % (t)\n',
    "calls": 'x = "{}".format(f(a for a in b)) + "{}".format((a for a in b))\n',
}


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
@pytest.mark.parametrize("name", TRICKY)
def test_in_tricky_code(name: str, charset: str) -> None:
    """Whatever the encoding."""
    _check(f"# coding: {charset}\né = 0\n{TRICKY[name]}".encode(charset), charset, is_whole=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_in_fixtures(file: Path) -> None:
    """Of what this Python can parse, nothing is left without a place that it can tell."""
    _check(file.read_bytes(), "", is_whole=False)


def _check(source: bytes, charset: str, *, is_whole: bool) -> None:
    file = PythonFile(source)
    if file.syntax.placed is None:
        return
    module, places = file.syntax.placed
    spans = set()
    for node in ast.walk(module):
        if not isinstance(node, ast.expr) or isinstance(node, (ast.JoinedStr, ast.FormattedValue)):
            continue
        span = places.span(node)
        spans.add(span)
        if is_whole and span is not None:
            written = source[span.start : span.stop].decode(charset)
            assert ast.unparse(ast.parse(f"({written}\n)", mode="eval")) == ast.unparse(node) or _is_part(node)
    holes = [hole for item in file.hosted.texts for hole in item.text.holes if hole.code is not None]
    assert holes or not is_whole
    assert {hole.code for hole in holes} <= spans


def _is_part(node: ast.expr) -> bool:
    """The texts of an f-string have no place of their own."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
