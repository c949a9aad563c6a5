"""The systems that the URLs and DSNs in a module's calls name, as far as these are written out. Knows no objects."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from schema_rewriter import engines
from schema_rewriter.hosts.python.nodes import is_self, last

if TYPE_CHECKING:
    from schema_rewriter.hosts.python.dialects.bindings import Bindings
    from schema_rewriter.hosts.python.dialects.variables import Bound, Site

_UNKNOWN: frozenset[str | None] = frozenset((None,))
_NOTHING: frozenset[str | None] = frozenset()
_KEYWORDS = (
    "url",
    "uri",
    "dsn",
    "conninfo",
    "connection_string",
    "database_uri",
    "database_url",
    "drivername",
)
_KEPT = ("make_url", "str", "URL", "parse", "quote", "strip", "format", "expanduser", "create", "AnyUrl", "SecretStr")
"""Calls that give a URL back in another form."""

_ASKED = ("getenv", "get", "pop", "setdefault", "config", "env", "str", "getattr")
"""Calls whose last argument is what is taken where nothing is set."""


class Urls:
    """The systems that URLs in a module name."""

    def __init__(self, bindings: Bindings) -> None:
        self.bindings = bindings
        self._asked: dict[int, frozenset[str | None]] = {}

    def of_call(self, node: ast.Call, site: Site) -> frozenset[str | None]:
        """Those that a call is told by a URL, or boto3.client() by a service; None among them for what is not known."""
        name = last(node.func)
        first = node.args[0] if node.args else next(iter(_told(node)), None)
        if first is None:
            return _UNKNOWN
        if name in ("client", "resource", "create_client") and isinstance(first, ast.Constant):
            return frozenset((engines.by_client(str(first.value)),))
        if name == "create" and last(getattr(node.func, "value", None)) == "URL":
            return _of_driver(first)
        if name in _KEPT or name in _ASKED:
            return self.of(node, site)
        return self.of(first, site)

    def of(self, node: ast.AST | None, site: Site) -> frozenset[str | None]:
        """Those that a text names by its beginning."""
        if node is None:
            return _UNKNOWN
        if id(node) not in self._asked:
            self._asked[id(node)] = _NOTHING
            self._asked[id(node)] = self._of(node, site)
        return self._asked[id(node)]

    def _of(self, node: ast.AST, site: Site) -> frozenset[str | None]:
        match node:
            case ast.Constant(value=str(text)):
                return frozenset((engines.by_url(text),))
            case ast.JoinedStr(values=[first, *_]):
                return self.of(first, site)
            case ast.BinOp(left=left):
                return self.of(left, site)
            case ast.IfExp(body=body, orelse=other):
                return self.of(body, site) | self.of(other, site)
            case ast.BoolOp(values=values):
                return _NOTHING.union(*(self.of(value, site) for value in values))
            case ast.NamedExpr(value=value) | ast.FormattedValue(value=value):
                return self.of(value, site)
            case ast.Name():
                return self._bound(self.bindings.values(node, site) or [])
            case ast.Attribute() if is_self(node.value):
                return self._bound(self.bindings.attributes(node.attr))
            case ast.Call():
                return self._call(node, site)
            case _:
                return _UNKNOWN

    def _bound(self, bound: list[Bound]) -> frozenset[str | None]:
        values = [each for each in bound if each.kind != "type"]
        found = [self.of(each.node, each.site) if each.kind == "value" else _UNKNOWN for each in values]
        return _NOTHING.union(*found) if found else _UNKNOWN

    def _call(self, node: ast.Call, site: Site) -> frozenset[str | None]:
        """Those of a URL that a call gives back, or of its default where it asks for a setting."""
        name, told = last(node.func), [*node.args, *_told(node)]
        if name == "create" and told:
            return _of_driver(told[0])
        if name in _KEPT:
            inner = node.func.value if name in ("format", "strip") and isinstance(node.func, ast.Attribute) else None
            return self.of(inner or next(iter(told), None), site)
        defaults = [*node.args[1:], *(each.value for each in node.keywords if each.arg == "default")]
        if name in _ASKED and defaults:
            return _UNKNOWN | self.of(defaults[-1], site)
        return _UNKNOWN


def _told(node: ast.Call) -> list[ast.expr]:
    """The arguments that are passed as a URL by their keyword."""
    return [keyword.value for keyword in node.keywords if keyword.arg in _KEYWORDS]


def _of_driver(node: ast.expr) -> frozenset[str | None]:
    """Those of a URL that is put together of its parts, by the first of them."""
    name = node.value if isinstance(node, ast.Constant) else None
    return frozenset((engines.by_url(f"{name}://"),)) if isinstance(name, str) else _UNKNOWN
