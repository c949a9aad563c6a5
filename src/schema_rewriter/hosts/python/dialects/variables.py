"""Variables of Python code, and what is bound to them: values, and no way to find them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_rewriter.hosts.python.scopes import Scope


@dataclass(frozen=True, slots=True)
class Site:
    """Where code stands: in a scope, and in with-statements, outermost first, by the identity of their nodes."""

    scope: Scope
    withs: tuple[int, ...] = ()


Variable = tuple["Scope | None", int, str]
"""A name, the scope that binds it, and the with-statement for whose body alone it is bound, 0 for none.

What with-as binds is bound for its body alone, and for what comes behind it together with all else of the name. An
attribute is ".name" in no scope, whatever it is one of.
"""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Bound:
    """What a variable is bound to: a `node` at a `site`, or None for what is not known.

    `kind` is "value", "type" (an annotation), "parameter", "returns" (the function whose results it stands for) or
    "import" (of `module`, or of a name in it, dotted). `home` is the class whose attribute it is.
    """

    kind: str
    node: ast.AST | None
    site: Site
    home: int = 0
    module: str = ""


@dataclass(frozen=True, slots=True)
class ScopedCall:
    """A call and where it stands."""

    node: ast.Call
    site: Site
