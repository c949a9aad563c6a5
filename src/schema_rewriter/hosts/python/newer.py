"""Code of a newer Python, spelled so that an older parser reads it. Every node stays at its byte, if not in its line.

What is newer is left out or spelled in the older way, with as many bytes: type parameters (PEP 695, 696), `type`
statements, `except` without parentheses (PEP 758), template strings (PEP 750, read as f-strings), and what f-strings
may hold since PEP 701; a field of one that can't be spelled otherwise becomes a name that nothing is known of.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from libcst.metadata import CodeSpan

_TYPE, _IF = b"type ", b"if 1:"
"""A `type` statement assigns a name, as a condition that holds does; both are as long."""
_EMPTY = cst.Module(())
_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")


def spelled_older(code: str) -> str | None:
    """The code in older syntax; None for what LibCST refuses too, and what has no older form of the same length."""
    try:
        wrapper = MetadataWrapper(cst.parse_module(code), unsafe_skip_copy=True)
        older = _Older(code.encode(), wrapper.resolve(ByteSpanPositionProvider))
        wrapper.module.visit(older)
    except Exception:  # noqa: BLE001 - LibCST raises more than it tells (CSTLogicError); the caller has the parser's word
        return None
    return older.code.decode()


class _Older(cst.CSTVisitor):
    def __init__(self, code: bytes, spans: Mapping[cst.CSTNode, CodeSpan]) -> None:
        super().__init__()
        self.code = bytearray(code)
        self._spans = spans

    def visit_TypeParameters(self, node: cst.TypeParameters) -> None:  # noqa: N802 - LibCST's name
        """`[T]` becomes blanks; lines within it go on."""
        start, stop = self._span(node)
        blank = bytes(10 if byte == 10 else 32 for byte in self.code[start:stop])
        self.code[start:stop] = blank.replace(b" \n", b"\\\n")

    def visit_TypeAlias(self, node: cst.TypeAlias) -> None:  # noqa: N802 - LibCST's name
        """`type X = int` becomes `if 1:X = int`."""
        start, _ = self._span(node)
        if self.code.startswith(_TYPE, start):
            self.code[start : start + len(_TYPE)] = _IF

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> None:  # noqa: N802 - LibCST's name
        """`except A, B:` becomes `except A| B:`, which names them as well."""
        if isinstance(node.type, cst.Tuple) and not node.type.lpar:
            for element in node.type.elements[:-1]:
                _, stop = self._span(element.value)
                comma = self.code.index(b",", stop)
                self.code[comma : comma + 1] = b"|"

    def visit_TemplatedString(self, node: cst.TemplatedString) -> None:  # noqa: N802 - LibCST's name
        """`t".."` becomes `f".."`."""
        start, _ = self._span(node)
        opening = node.start.encode()
        if self.code.startswith(opening, start):
            self.code[start : start + len(opening)] = opening.replace(b"t", b"f").replace(b"T", b"f")
            self._fields(node.parts, node.quote.encode())

    def visit_FormattedString(self, node: cst.FormattedString) -> None:  # noqa: N802 - LibCST's name
        """Quotes in a field become the other ones where they end the string; what is left becomes an unknown name."""
        self._fields(node.parts, node.quote.encode())

    def _fields(self, parts: Iterable[cst.CSTNode], quote: bytes) -> None:
        for part in parts:
            if isinstance(part, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
                start, stop = self._span(part.expression)
                self._blank(self._span(part)[0] + 1, start)
                self._blank(stop, stop + len(_EMPTY.code_for_node(part.whitespace_after_expression).encode()))
                field = bytes(self.code[start:stop])
                level = field.translate(_ONE_LINE)
                forms = (field, _turned(field, quote[:1]), level, _turned(level, quote[:1]), b"_" * len(field))
                self.code[start:stop] = next(form for form in forms if _is_read(form, quote))
                self._fields(part.format_spec or (), quote)

    def _blank(self, start: int, stop: int) -> None:
        """White space, perhaps of several lines with comments, becomes blanks."""
        self.code[start:stop] = b" " * (stop - start)

    def _span(self, node: cst.CSTNode) -> tuple[int, int]:
        span = self._spans[node]
        return span.start, span.start + span.length


def _turned(field: bytes, quote: bytes) -> bytes:
    """The expression with its quotes turned into the other ones, where it has none of those."""
    other = b"'" if quote == b'"' else b'"'
    return field if other in field else field.replace(quote, other)


def _is_read(field: bytes, quote: bytes) -> bool:
    """Whether this Python reads an expression as a field of an f-string with these quotes."""
    try:
        ast.parse(b"f%b{%b}%b" % (quote, field, quote), mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True
