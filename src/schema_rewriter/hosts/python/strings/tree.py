"""The concrete syntax tree of a Python file, with the character at which each string begins; knows no SQL."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from itertools import accumulate
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import libcst as cst
from libcst._nodes.internal import CodegenState

from schema_rewriter.edit import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeGuard

STRINGS = (cst.SimpleString, cst.FormattedString, cst.TemplatedString)
TEXTS = (cst.FormattedStringText, cst.TemplatedStringText)
HOLES = (cst.FormattedStringExpression, cst.TemplatedStringExpression)
_PARTS = frozenset((*TEXTS, *HOLES))
_PARENTHESES = frozenset((cst.LeftParen, cst.RightParen))
_WITH_PARENTHESES = frozenset((cst.Tuple, cst.GeneratorExp))
_DEFINITIONS = frozenset((cst.FunctionDef, cst.ClassDef))


class NotPythonError(Exception):
    """The text can't be read as Python; the message says why and where, in one line."""


def parse(text: str) -> tuple[cst.Module, Spans]:
    """The module, and where its strings stand in the text, in characters.

    Strings are plain literals, without parentheses around them, and the parts of literals with holes. Raises
    NotPythonError, also where LibCST does not give the text back character by character.
    """
    try:
        module = cst.parse_module(text)
        return module, _Written(module).spans(text)
    except NotPythonError:
        raise
    except cst.ParserSyntaxError as error:
        raise NotPythonError(f"line {error.raw_line}: {error.message.splitlines()[0]}") from None
    except RecursionError:
        raise NotPythonError("nested too deeply") from None
    except Exception as error:  # noqa: BLE001 - LibCST raises more than it tells (CSTLogicError)
        raise NotPythonError(f"{type(error).__name__}: {error}".splitlines()[0]) from None


class Spans(dict[cst.CSTNode, Span]):
    """The span of each string; a string without one can't be placed, and so the file can't be read.

    `text` is all of the code, `bounds` are the tokens of expressions, and where definitions begin; `places` are the
    characters at which tokens begin.
    """

    text: str
    bounds: dict[cst.CSTNode, tuple[int, int]]
    places: Sequence[int]

    def code(self, node: cst.CSTNode) -> Span | None:
        """Where an expression stands, as Python's own parser has it: of parentheses around it, a tuple's are its own.

        A definition is empty, at its first word. None where LibCST does not tell.
        """
        if node not in self.bounds:
            return None
        begin, end = self.bounds[node]
        left, right = getattr(node, "lpar", ()), getattr(node, "rpar", ())
        if left and right and type(node) not in _DEFINITIONS:
            of_left, of_right = self.bounds[left[-1]], self.bounds[right[0]]
            is_its_own = type(node) in _WITH_PARENTHESES
            begin, end = (of_left[0], of_right[1]) if is_its_own else (of_left[1], of_right[0])
        start = self.places[begin]
        if type(node) is cst.GeneratorExp and not left:  # alone in a call, whose parentheses are its
            while start and self.text[start - 1].isspace():
                start -= 1
            start -= self.text[start - 1 : start] == "("
        return Span(start, self.places[end])

    def __missing__(self, node: cst.CSTNode) -> Span:
        raise NotPythonError("LibCST does not tell where a string stands")


class _Written(CodegenState):
    """A module written out again, with the tokens at which strings begin and end.

    Relies upon private code of LibCST: a node's `_codegen` calls `before_codegen` and `after_codegen`, and a plain
    literal's `record_syntactic_position` between its parentheses; `tokens` are the code. `spans` believes none of it.
    """

    def __init__(self, module: cst.Module) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.bounds: dict[cst.CSTNode, tuple[int, int]] = {}
        self.code: dict[cst.CSTNode, tuple[int, int]] = {}
        self._begun: list[int] = []
        module._codegen(self)

    def before_codegen(self, node: cst.CSTNode) -> None:
        if _IS_PLACED[type(node)]:
            self._begun.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        kind = type(node)
        if _IS_PLACED[kind]:
            bounds = self.code if kind not in _PARTS else self.bounds
            bounds[node] = self._begun.pop(), len(self.tokens)

    def record_syntactic_position(  # type: ignore[override] # another context manager will do
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> AbstractContextManager[None]:
        kind = type(node)
        if kind is cst.SimpleString:
            self.bounds[node] = len(self.tokens), len(self.tokens) + 1
        elif kind in _DEFINITIONS:
            self.code[node] = len(self.tokens), len(self.tokens)
        return _NOTHING

    def spans(self, text: str) -> Spans:
        """Where the strings stand in `text`. Raises NotPythonError where that is not what was written."""
        places = (0, *accumulate(map(len, self.tokens)))
        spans = Spans({node: Span(places[begin], places[end]) for node, (begin, end) in self.bounds.items()})
        if "".join(self.tokens) != text or not all(_stands(node, text[s.start : s.stop]) for node, s in spans.items()):
            raise NotPythonError("LibCST does not give the text back character by character")
        spans.text, spans.bounds, spans.places = text, self.code, places
        return spans


def _stands(node: Any, written: str) -> bool:
    """Whether a string, or a part of one, may be written so."""
    return written[:1] + written[-1:] == "{}" if isinstance(node, HOLES) else written == node.value


_NOTHING = nullcontext()


@cache
def _fields(node_type: type[cst.CSTNode]) -> Callable[[cst.CSTNode], tuple[Any, ...]]:
    """What gives the fields of a kind of node in which an expression or a statement may stand, in their order."""
    fields: Any = node_type.__dataclass_fields__
    names = [name for name in fields if not name.startswith(_SKIPPED)]
    return attrgetter(*names) if len(names) > 1 else lambda node: tuple(getattr(node, name) for name in names)


_SKIPPED = (
    *("whitespace", "leading", "trailing", "lines_", "lbr", "rbr", "indent", "lpar", "rpar", "comma", "semicolon"),
    *("equal", "operator", "header", "footer", "dot", "colon", "star"),
)


class _IsKind(dict[type, bool]):
    """Whether types are kinds of another; LibCST's bases are abstract, and `isinstance` is slow with those."""

    def __init__(self, base: type) -> None:
        super().__init__()
        self.base = base

    def __missing__(self, kind: type) -> bool:
        self[kind] = issubclass(kind, self.base)
        return self[kind]


class _IsPlaced(_IsKind):
    """Whether the place of a kind of node is kept."""

    def __missing__(self, kind: type) -> bool:
        self[kind] = kind in _PARTS or kind in _PARENTHESES or (kind is not cst.SimpleString and _IS_EXPRESSION[kind])
        return self[kind]


_IS_PLACED = _IsPlaced(cst.BaseExpression)
_IS_EXPRESSION, _IS_NODE = _IsKind(cst.BaseExpression), _IsKind(cst.CSTNode)


def is_expression(node: cst.CSTNode) -> TypeGuard[cst.BaseExpression]:
    """Whether a node is an expression."""
    return _IS_EXPRESSION[type(node)]


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The expressions and statements right below a node, in the order of its fields."""
    found: list[cst.CSTNode] = []
    for value in _fields(type(node))(node):
        kind = type(value)
        if kind is tuple or kind is list:
            found += [item for item in value if _IS_NODE[type(item)]]
        elif _IS_NODE[kind]:
            found.append(value)
    return found


def dotted(node: cst.BaseExpression) -> str:
    """The dotted name that an expression is, the calls in it left out ("db.cursor.execute"); "" if it is none."""
    if type(node) is cst.Name:
        return node.value
    if type(node) is cst.Attribute:
        return f"{dotted(node.value)}.{node.attr.value}"
    if type(node) is cst.Call:
        return dotted(node.func)
    return ""
