"""Whether two texts are the same SQL but for the schemas and names of relations that move."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from schema_rewriter.edit import Span
from schema_rewriter.sql import scopes
from schema_rewriter.sql.kinds import is_opaque
from schema_rewriter.sql.lexer import Kind, mask, tokens
from schema_rewriter.sql.parse import parse
from schema_rewriter.sql.rows import same_rows
from schema_rewriter.sql.statements import Row, Statement, statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlglot import exp


def difference(
    before: str,
    before_holes: Sequence[Span],
    after: str,
    after_holes: Sequence[Span],
    names: Mapping[str, str],
    script: bool,
) -> tuple[str, Span] | None:
    """Why the statements of two texts are not the same but for the schemas of these relations, and which one; or None.

    `names` maps each name that a relation may have, before or after, to the one to compare it by.
    """
    before, after = mask(before, before_holes), mask(after, after_holes)
    old, new = statements(before, script=script), statements(after, script=script)
    for one, other in zip_longest(old, new):
        if one is None or other is None:
            return "the number of statements differs", Span(0, len(before))
        written = before[one.span.start : one.span.stop], after[other.span.start : other.span.stop]
        if written[0] == written[1]:
            continue
        if isinstance(one, Row) and isinstance(other, Row) and same_rows(one.places, other.places, names):
            continue
        if not (any(token.kind is Kind.BODY for token in one.tokens) or one.tokens[0].word in ("create", "do")):
            first, second = _tree(one, before), _tree(other, after)
            if (first is None) != (second is None):
                return "a statement can't be parsed any more", one.span
            if first and second and not _same(first, second, names):
                return "a statement means something else", one.span
        if _words(one, before, names) != _words(other, after, names):
            return "the words of a statement differ", one.span
    return None


def _tree(statement: Statement, text: str) -> exp.Expr | None:
    """The tree of a statement, if one shows what it names; its words tell the rest."""
    parsed = parse(statement, text)
    return None if parsed is None or is_opaque(parsed.tree, statement.tokens) else parsed.tree


def _words(statement: Statement, text: str, names: Mapping[str, str]) -> list[str]:
    """The words of a statement, without the schemas of relations that move, and these by the name to compare by."""
    words: list[str] = []
    for token in statement.tokens:
        if token.is_name and token.word in names:
            if len(words) > 1 and words[-1] == ".":
                del words[-2:]
            words.append(names[token.word])
        else:
            if token.word[:1] == "%" and words[-1:] == ["."] and len(words) > 1:
                del words[-2:]  # a schema before format()'s %I
            written = text[token.start : token.stop]
            if token.kind is Kind.BODY or (token.kind is Kind.STRING and written[0] in "'eE"):
                written = _content(written, names)
            words.append(token.word if token.is_name else written)
    return words


def _content(written: str, names: Mapping[str, str]) -> str:
    """What a constant says: where it holds SQL or a name, its words as those of a statement."""
    content = written.lstrip("eE").strip("'") if written[0] in "'eE" else written
    if not _MAY_NAME.search(content) and names.keys().isdisjoint(_WORD.findall(content.lower())):
        return written
    plain = content.translate(_NO_QUOTES)
    words = _words(Statement(tuple(tokens(plain))), plain, names)
    return "\0".join(words[:-2] if words[-1:] == ["."] else words)  # a schema before || and a name


_WORD = re.compile(r"\w+")
_MAY_NAME = re.compile(r'["$%\s]')
_NO_QUOTES = str.maketrans("${}", "   ")
"""Within a constant these begin no quote and no hole: '{a,b}' is an array."""


def _constant(content: str, names: Mapping[str, str]) -> str:
    """What a string constant says, its words as those of a statement where it names a relation that moves."""
    return _content("'" + content + "'", names)


def _same(first: exp.Expr, second: exp.Expr, names: Mapping[str, str]) -> bool:
    """Whether two trees are equal but for the schemas of relations that move; `names` as above.

    Walks both side by side, without recursion: a chain of a thousand ANDs is a tree of that depth.
    """
    waiting: list[tuple[Any, Any]] = [(first, second)]
    while waiting:
        one, other = waiting.pop()
        if isinstance(one, list) or isinstance(other, list):
            if len(one or ()) != len(other or ()):
                return False
            waiting.extend(zip(one or (), other or (), strict=True))
        elif not hasattr(one, "args") or not hasattr(other, "args"):
            if one != other and (one or other):
                return False
        elif type(one) is not type(other):
            return False
        elif type(one).__name__ == "Identifier":
            if scopes.named(one) != scopes.named(other):
                return False
        elif type(one).__name__ == "Literal" and one.args.get("is_string"):
            if _constant(one.name, names) != _constant(other.name, names):
                return False
        else:
            skipped = _accounted(one, other, names)
            keys = (one.args.keys() | other.args.keys()).difference(skipped)
            waiting.extend((one.args.get(key), other.args.get(key)) for key in keys)
    return True


_NAMED = {"Table": "this", "Column": "table", "DataType": "kind"}
"""By the kind of a node, its argument that may name a relation."""


def _accounted(one: exp.Expr, other: exp.Expr, names: Mapping[str, str]) -> tuple[str, ...]:
    """The arguments of two nodes that name the same relation that moves: its name, and its schema if it has one."""
    key = _NAMED.get(type(one).__name__, "")
    found: list[Any] = [node.args.get(key) for node in (one, other)] if key else []
    last = [name.expression if type(name).__name__ == "Dot" else name for name in found]  # a type's schema.name
    kinds = {type(name).__name__ for name in last}
    if kinds == {"Anonymous"}:  # ANALYZE t (column)
        return ("db",)
    if kinds != {"Identifier"}:
        return ()
    canonical = [names.get(scopes.named(name)) for name in last]
    return (key, "db") if canonical[0] is not None and canonical[0] == canonical[1] else ()
