"""Which scope of a Python file a name belongs to, by Python's own parser; knows no values."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python import syntax

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Frame:
    """A module, class or function: its path ("Store.load"), and the names that it binds."""

    path: str
    bound: frozenset[str]
    elsewhere: frozenset[str] = frozenset()
    is_class: bool = False

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path.rpartition(".")[2]

    def slot_of(self, name: str) -> str:
        """The slot of a name that is bound here."""
        return f"{self.path}:{name}"


def frame(
    path: str, body: Sequence[ast.stmt], arguments: ast.arguments | None = None, *, is_class: bool = False
) -> Frame:
    """The frame of a body: all that is bound in it, but not in the functions and classes in it."""
    bound = {item.arg for item in ast.walk(arguments) if isinstance(item, ast.arg)} if arguments else set()
    elsewhere: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                bound.add(node.id)
            continue
        if type(node) in _BINDING:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    bound.add(node.name)
                    continue
                case ast.Import() | ast.ImportFrom():
                    bound.update((alias.asname or alias.name.split(".")[0]) for alias in node.names)
                case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    bound.add(name)
                case ast.Global() | ast.Nonlocal():
                    elsewhere.update(node.names)
                case ast.arg():
                    bound.add(node.arg)  # of a lambda: its names are taken for the function's
                case _:
                    pass
        waiting += syntax.below(node)
    return Frame(path, frozenset(bound - elsewhere), frozenset(elsewhere), is_class)


_BINDING = frozenset(
    (
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.ExceptHandler),
        *(ast.MatchAs, ast.MatchStar, ast.Global, ast.Nonlocal, ast.arg),
    )
)
