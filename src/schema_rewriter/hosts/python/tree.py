"""The concrete syntax tree of a Python file, with the character at which each string begins; knows no SQL."""

from __future__ import annotations

import ast
import contextlib
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import libcst as cst
from libcst.metadata import BaseMetadataProvider, MetadataWrapper
from libcst.metadata.span_provider import CodeSpan, SpanProvidingCodegenState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STRINGS = (cst.SimpleString, cst.FormattedString, cst.TemplatedString)
TEXTS = (cst.FormattedStringText, cst.TemplatedStringText)
HOLES = (cst.FormattedStringExpression, cst.TemplatedStringExpression)
_LOCATED = (*STRINGS, *TEXTS, *HOLES)


class StringSpans(BaseMetadataProvider[CodeSpan]):
    """Start and length, in characters of the code, of every string literal and of the parts of those with holes.

    LibCST's own span provider locates every node, which takes longer than the parse; and it counts bytes.
    """

    def _gen_impl(self, module: cst.Module) -> None:
        state = _State(
            default_indent=module.default_indent,
            default_newline=module.default_newline,
            provider=self,
            get_length=len,
        )
        module._codegen(state)


class _State(SpanProvidingCodegenState):
    """Notes where string nodes begin while LibCST writes its tree out (into a list, thrown away)."""

    def before_codegen(self, node: cst.CSTNode) -> None:
        if isinstance(node, _LOCATED):
            self._stack.append(self.position)

    def after_codegen(self, node: cst.CSTNode) -> None:
        if isinstance(node, _LOCATED):
            start = self._stack.pop()
            if node not in self.provider._computed:
                self.provider._computed[node] = CodeSpan(start, self.position - start)

    @contextlib.contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Iterator[None]:
        start = self.position  # behind the node's own parentheses
        yield
        if isinstance(node, _LOCATED):
            self.provider._computed[node] = CodeSpan(start, self.position - start)


class NotPythonError(Exception):
    """The text can't be read as Python; the message says why and where, in one line."""


def parse(text: str) -> tuple[cst.Module, Mapping[cst.CSTNode, CodeSpan]]:
    """The module and the spans of its strings. Raises NotPythonError, also where LibCST does not keep the text."""
    _guard(text)
    try:
        module = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise NotPythonError(f"line {error.raw_line}: {error.message.splitlines()[0]}") from None
    except Exception as error:  # noqa: BLE001 - LibCST raises more than it tells (CSTLogicError, RecursionError)
        raise NotPythonError(f"{type(error).__name__}: {error}".splitlines()[0]) from None
    try:
        spans = MetadataWrapper(module, unsafe_skip_copy=True).resolve(StringSpans)
    except RecursionError:
        raise NotPythonError("nested too deeply") from None
    for node, span in spans.items():
        if isinstance(node, cst.SimpleString) and not text.startswith(node.value, span.start):
            raise NotPythonError("LibCST does not give the text back character by character")
    return module, spans


def _guard(text: str) -> None:
    """Refuse what is nested so deeply that LibCST takes minutes or the process down: Python refuses it at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (RecursionError, MemoryError):
            raise NotPythonError("nested too deeply") from None
        except (SyntaxError, ValueError) as error:
            if "too many nested" in str(error) or "too complex" in str(error):
                raise NotPythonError(f"nested too deeply: {error}") from None


@cache
def _fields(node_type: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a kind of node in which an expression or a statement may stand."""
    skipped = (
        "lpar",
        "rpar",
        "comma",
        "semicolon",
        "equal",
        "operator",
        "header",
        "footer",
        "dot",
        "colon",
        "star",
    )
    fields: Any = node_type.__dataclass_fields__
    return tuple(
        name
        for name in fields
        if not name.startswith(("whitespace", "leading", "trailing", "lines_", "lbr", "rbr", "indent", *skipped))
    )


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The expressions and statements right below a node, in the order of its fields."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, (tuple, list)):
            for item in value:
                if isinstance(item, cst.CSTNode):
                    yield item


def dotted(node: cst.BaseExpression) -> str:
    """The dotted name that an expression is, the calls in it left out ("db.cursor.execute"); "" if it is none."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    if isinstance(node, cst.Call):
        return dotted(node.func)
    return ""
