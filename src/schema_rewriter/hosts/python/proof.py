"""Two versions of a Python file: is their code the same but for some edits of strings? Knows no SQL."""

from __future__ import annotations

import ast
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from schema_rewriter.escapes import Literal
from schema_rewriter.hosts.comparison import disagreement
from schema_rewriter.hosts.python import parts
from schema_rewriter.hosts.python.strings.literals import decoded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    import libcst as cst

    from schema_rewriter.edit import Edit
    from schema_rewriter.hosts.comparison import Node
    from schema_rewriter.hosts.python.syntax import Syntax


def difference(before: Syntax, after: Syntax, edits: Collection[Edit]) -> str | None:
    """Why the syntax trees of two versions differ by more than the edits; None if they do not.

    A string constant may differ by edits only, and as many as there are, and so may the parts of code that tell a
    string (see `parts`). Python's own parser decides; code that is newer than the Python that runs this is compared by
    LibCST where no part is put into it.
    """
    charset = before.charset
    put = parts.of_edits(before.source, edits, charset)
    strings = [edit for edit in edits if edit not in put]
    spellings = [_spellings(before.source[e.span.start : e.span.stop], e.new, charset) for e in strings]
    old, new = before.tree, after.tree
    wanted = parts.together(put.values())
    pairs: Iterable[tuple[Node, Node]]
    if old is not None and new is not None and (put or before.is_as_written):
        pairs = _python(old, new, _lines(before.readable, charset), _lines(after.readable, charset), wanted)
    else:
        modules = None if old is None or new is None else (_module(before.source), _module(after.source))
        if modules is None or modules[0] is None or modules[1] is None:
            return "the code can't be parsed any more"
        pairs = _libcst(modules[0], modules[1])
    reason = disagreement(pairs, spellings, "the code", "differs")
    return reason or ("what an edit wrote is not where it would be" if any(wanted.values()) else None)


def _lines(source: bytes, charset: str) -> list[bytes]:
    """The lines by which `ast` counts, in the bytes by which it counts columns: those of UTF-8."""
    return source.decode(charset).encode().splitlines(keepends=True)


def _python(
    old: ast.AST, new: ast.AST, old_lines: list[bytes], new_lines: list[bytes], wanted: parts.Parts
) -> Iterator[tuple[Node, Node]]:
    """The nodes in which two trees differ. Statements that are written alike are alike, and not looked into.

    Of the parts that are `wanted`, those that are found are taken off it, and are no difference.
    """
    waiting: list[tuple[Any, Any]] = [(old, new)]
    while waiting:
        one, other = waiting.pop()
        if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            waiting.extend(zip(one, other, strict=True))
        elif type(one) is not type(other) or not isinstance(one, ast.AST):
            if type(one) is not type(other) or repr(one) != repr(other):
                yield (type(one).__name__, one), (type(other).__name__, other)
        elif isinstance(one, ast.Constant) and isinstance(one.value, (str, bytes)):
            waiting.append((one.kind, other.kind))
            if type(one.value) is not type(other.value):
                yield ("constant", one.value), ("constant", other.value)
            elif one.value != other.value:
                yield ("text", _text(one.value)), ("text", _text(other.value))
        elif isinstance(one, ast.Call) and (added := _argument(one, other)):
            yield added[0]
            waiting.extend(added[1])
        elif isinstance(one, parts.GROWING) and (taken := parts.taken_out(one, other, wanted)):
            wanted.subtract(taken[0])
            waiting.extend(taken[1])
        elif not isinstance(one, ast.stmt) or _written(one, old_lines) != _written(other, new_lines):
            waiting.extend((getattr(one, field, None), getattr(other, field, None)) for field in one._fields)


def _argument(one: ast.Call, other: Any) -> tuple[tuple[Node, Node], list[tuple[Any, Any]]] | None:
    """The schema that psycopg's Identifier got as a new first argument, or lost, and what else is to be compared."""
    name = one.func.attr if isinstance(one.func, ast.Attribute) else getattr(one.func, "id", "")
    fewer, more = sorted((one, other), key=lambda call: len(call.args))
    if name != "Identifier" or (len(fewer.args), len(more.args)) != (1, 2):
        return None
    schema = more.args[0]
    if not isinstance(schema, ast.Constant) or not isinstance(schema.value, str):
        return None
    nothing, written = ("text", ""), ("text", f'"{schema.value}", ')
    rest = [(one.func, other.func), (one.keywords, other.keywords), (one.args[-1], other.args[-1])]
    return ((nothing, written) if fewer is one else (written, nothing)), rest


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _written(statement: Any, lines: list[bytes]) -> list[bytes]:
    """The lines of a statement, its decorators included, without what stands before and behind it."""
    first, start = statement.lineno, statement.col_offset
    if decorators := getattr(statement, "decorator_list", None):
        first, start = decorators[0].lineno, 0
    written = lines[first - 1 : statement.end_lineno]
    written[-1] = written[-1][: statement.end_col_offset]
    written[0] = written[0][start:]
    return written


def _module(source: bytes) -> cst.Module | None:
    import libcst as cst

    try:
        return cst.parse_module(source)
    except Exception:  # noqa: BLE001 - whatever LibCST raises means: not parsed
        return None


def _libcst(old: cst.Module, new: cst.Module) -> Iterator[tuple[Node, Node]]:
    """The nodes in which two trees of LibCST differ."""
    import libcst as cst

    texts = (cst.SimpleString, cst.FormattedStringText, cst.TemplatedStringText)
    waiting: list[tuple[cst.CSTNode | None, cst.CSTNode | None]] = [(old, new)]
    while waiting:
        one, other = waiting.pop()
        if one is None or other is None or type(one) is not type(other):
            yield (type(one).__name__, None), (type(other).__name__, None)
        elif isinstance(one, cst.Call) and (added := _given(one, other)):
            yield added[0]
            waiting.extend(added[1])
        elif isinstance(one, texts) or not one.children:
            values = getattr(one, "value", None), getattr(other, "value", None)
            if values[0] != values[1] or other.children:
                kind = "text" if isinstance(one, texts) else type(one).__name__
                yield (kind, values[0]), (kind, values[1])
        else:
            waiting.extend(zip_longest(one.children, other.children))


def _given(one: cst.Call, other: Any) -> tuple[tuple[Node, Node], list[tuple[Any, Any]]] | None:
    """As `_argument`, of trees of LibCST."""
    import libcst as cst

    name = one.func.attr.value if isinstance(one.func, cst.Attribute) else getattr(one.func, "value", "")
    fewer, more = sorted((one, other), key=lambda call: len(call.args))
    if name != "Identifier" or (len(fewer.args), len(more.args)) != (1, 2) or any(arg.keyword for arg in more.args):
        return None
    schema = more.args[0].value
    if not isinstance(schema, cst.SimpleString) or not isinstance(schema.evaluated_value, str) or more.args[0].star:
        return None
    nothing, written = ("text", ""), ("text", f'"{schema.evaluated_value}", ')
    rest = [
        (one.func, other.func),
        (one.whitespace_before_args, other.whitespace_before_args),
        (one.args[-1], other.args[-1]),
    ]
    return ((nothing, written) if fewer is one else (written, nothing)), rest


def _spellings(old: bytes, new: bytes, charset: str) -> frozenset[tuple[str, str]]:
    """An edit as the syntax tree may show it: of a raw literal or with its escapes read, with its braces single."""
    gone, come = old.decode(charset), new.decode(charset)
    pairs = {(_value(gone, ""), _value(come, ""))}
    if "\\" not in come:  # no edit writes one into a raw literal
        pairs.add((_value(gone, "r"), _value(come, "r")))
    pairs |= {(_single(first), _single(second)) for first, second in pairs}
    return frozenset(pairs)


def _value(written: str, prefix: str) -> str:
    """What stands for itself or is escaped in a literal with that prefix, as its value."""
    return "".join(chunk.text for chunk in decoded(written, 0, Literal(prefix, "'")))


def _single(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")
