"""The scopes of Python code are what Python itself makes of them: its own symbol tables are asked beside ours."""

from __future__ import annotations

import ast
import symtable
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst
import pytest

from schema_rewriter.hosts.python.pythonfile import PythonFile
from schema_rewriter.hosts.python.scope_table import Scopes
from schema_rewriter.hosts.python.strings import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.hosts.python.scopes import Scope

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "fixtures/python").rglob("*.py"), *ROOT.glob("src/*/hosts/python/**/*.py")])
BINDINGS = """
import a.b, c as d
from e import f, g as h
def i(j, /, k=l, *m, n=o, **p):
    global q, r
    q = s
    def t():
        nonlocal j
        j, (u, *v), w[x], y.z = aa
        return q, k
    try: pass
    except bb as cc: r += 1
    with dd as (ee, ff): del gg
    for hh in ii: jj: int
    async def kk(): return [ll for mm in nn if (oo := mm) for pp in mm]
    return lambda qq, rr=ss: (qq, tt, (uu := 1), {vv: ww for vv, ww in xx}, {yy for yy in yy})
class zz(ab, metaclass=ac):
    ad = ae
    af = [ad for ag in ad if af]
    def ah(self, ai=ad): return ad, ag, zz, __class__
    class aj: ak = ad
match al:
    case {"am": an, **ao} | [an, *ao]: pass
    case ap.aq as ar if as_ := an: pass
""".replace("as_ := an", "(at := an)")


def _tables(scopes: Scopes, module: ast.Module, table: symtable.SymbolTable) -> Iterator[tuple[Scope, object]]:
    """Our scopes, each with Python's own table; where two stand in a line and have one name, neither."""
    kinds = {ast.Lambda: "lambda", ast.GeneratorExp: "genexpr", ast.ListComp: "listcomp"}
    kinds |= {ast.SetComp: "setcomp", ast.DictComp: "dictcomp"}
    below: dict[tuple[Scope, str, int], list[Scope]] = {}
    for node in ast.walk(module):
        if (scope := scopes.of(node)) is not None:  # type: ignore[arg-type]
            name = getattr(node, "name", "") or kinds[type(node)]
            first = getattr(node, "decorator_list", None) or [node]
            below.setdefault((scope.outer, name, first[0].lineno), []).append(scope)
    waiting: list[tuple[Scope, symtable.SymbolTable]] = [(scopes.top, table)]
    for scope, its in waiting:
        yield scope, its
        children = [(child.get_name(), child.get_lineno(), child) for child in its.get_children()]
        for name, line, child in children:
            ours = below.get((scope, name, line), [])
            if len(ours) == 1 == sum(each[:2] == (name, line) for each in children):
                waiting.append((ours[0], child))


def _differences(source: str) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module, table = ast.parse(source), symtable.symtable(source, "", "exec")
        except SyntaxError:
            return  # newer than this Python
    for scope, its in _tables(Scopes(module), module, table):
        assert isinstance(its, symtable.SymbolTable)
        for symbol in its.get_symbols():
            name = symbol.get_name()
            if name.startswith((".", "_")) or name == "__class__":
                continue  # Python's own, and names as classes spell them
            home = scope.home(name)
            is_local = symbol.is_local() if scope is not scope.top else True
            if (home is scope) != is_local or (symbol.is_global() and home is not scope.top):
                yield f"{scope.path or 'the module'} takes {name} for one of {home.path or 'the module'}"


def test_each_way_to_bind_a_name() -> None:
    """All of them in one module."""
    assert not list(_differences(BINDINGS))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_names_are_where_python_has_them(file: Path) -> None:
    """In real code, too."""
    assert not list(_differences(file.read_bytes().decode("utf-8", "replace")))


@pytest.mark.parametrize("source", [BINDINGS, "f(a for a in b)", "f((a for a in b), lambda: 0)\n( # c\n a for a in b)"])
def test_libcst_finds_each_scope(source: str) -> None:
    """By the byte at which it begins."""
    file = PythonFile(source.encode())
    module, spans = tree.parse(source)
    kinds = (cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
    waiting: list[cst.CSTNode] = [module]
    scopes, placed = file.scopes, file.syntax.placed
    assert scopes is not None
    assert placed is not None
    for node in waiting:
        waiting += tree.children(node)
        if isinstance(node, kinds):
            span = spans.code(node)
            assert span is not None
            assert scopes.starting(span.start, placed[1]) is not None, type(node)
