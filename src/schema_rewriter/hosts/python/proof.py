"""Two versions of a Python file: is their code the same but for some edits of strings? Knows no SQL."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from schema_rewriter.edit import Edit

Node = tuple[str, Any]
"""A node of a tree, flat: its kind, and the text of a constant or the rest of what the node holds by itself."""


def difference(before: bytes, after: bytes, edits: Collection[Edit]) -> str | None:
    """Why the syntax trees of two versions differ by more than the edits; None if they do not.

    A string constant may differ by edits only, and as many as there are. Python's own parser decides; code that it
    can't parse (newer than the Python that runs this) is compared by LibCST.
    """
    charset, _ = tokenize.detect_encoding(io.BytesIO(before).readline)
    spellings = [_spellings(before[e.span.start : e.span.stop], e.new, charset) for e in edits]
    old, new = _python(before), _python(after)
    if old is None:
        old, new = _libcst(before), _libcst(after)
    if old is None or new is None:
        return "the code can't be parsed any more"
    made = 0
    if len(old) != len(new):
        return "the code has another number of parts"
    for one, other in zip(old, new, strict=True):
        if one == other:
            continue
        count = _steps(one[1], other[1], spellings) if one[0] == other[0] == "text" else None
        if count is None:
            return f"the code differs: {str(one)[:60]} became {str(other)[:60]}"
        made += count
    return None if made == len(spellings) else f"{len(spellings)} edits changed {made} places of the code"


def _python(source: bytes) -> list[Node] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    nodes: list[Node] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            value = node.value
            nodes.append(("text", value.decode("latin-1") if isinstance(value, bytes) else value))
            nodes.append(("kind", (type(value).__name__, node.kind)))
            continue
        own = [
            (name, len(value) if isinstance(value, list) else value)
            for name, value in ast.iter_fields(node)
            if not isinstance(value, ast.AST)
        ]
        nodes.append((type(node).__name__, str(own)))
    return nodes


def _libcst(source: bytes) -> list[Node] | None:
    import libcst as cst

    try:
        module = cst.parse_module(source)
    except Exception:  # noqa: BLE001 - whatever LibCST raises means: not parsed
        return None
    nodes: list[Node] = []
    waiting: list[cst.CSTNode] = [module]
    texts = (cst.SimpleString, cst.FormattedStringText, cst.TemplatedStringText)
    while waiting:
        node = waiting.pop()
        kind = "text" if isinstance(node, texts) else type(node).__name__
        nodes.append((kind, getattr(node, "value", None) if not node.children or kind == "text" else None))
        waiting.extend(node.children)
    return nodes


def _spellings(old: bytes, new: bytes, charset: str) -> frozenset[tuple[str, str]]:
    """An edit as the syntax tree may show it: as written, with its escapes read, with its braces single."""
    pairs = {(old.decode(charset), new.decode(charset)), (old.decode("latin-1"), new.decode("latin-1"))}
    pairs |= {(_unescaped(first), _unescaped(second)) for first, second in pairs}
    pairs |= {(_single(first), _single(second)) for first, second in pairs}
    return frozenset(pairs)


def _unescaped(text: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})|\\(.)", lambda m: chr(int(m[1], 16)) if m[1] else m[2], text)


def _single(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")


def _steps(old: str, new: str, edits: list[frozenset[tuple[str, str]]]) -> int | None:
    """By how many edits the one constant becomes the other; None if by none of them."""
    pairs = Counter(pair for spellings in edits for pair in spellings)
    reached = {(0, 0): 0}
    waiting = [(0, 0)]
    while waiting:
        at, to = place = waiting.pop()
        if at == len(old) and to == len(new):
            return reached[place]
        run = _same(old, at, new, to)
        for step in _next(old, at, new, to, pairs):
            count = reached[place] + 1
            if step not in reached:
                reached[step] = count
                waiting.append(step)
        if run:
            for length in range(1, run + 1):
                step = (at + length, to + length)
                if step not in reached:
                    reached[step] = reached[place]
                    waiting.append(step)
    return None


def _same(old: str, at: int, new: str, to: int) -> int:
    length = 0
    while at + length < len(old) and to + length < len(new) and old[at + length] == new[to + length]:
        length += 1
    return length


def _next(old: str, at: int, new: str, to: int, pairs: Counter[tuple[str, str]]) -> Iterator[tuple[int, int]]:
    for gone, come in pairs:
        if old.startswith(gone, at) and new.startswith(come, to) and (gone or come):
            yield at + len(gone), to + len(come)
