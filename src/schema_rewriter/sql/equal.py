"""Whether two texts are the same SQL but for the schemas and names of relations that move."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import split_identifier
from schema_rewriter.sql import scopes
from schema_rewriter.sql.lexer import Kind, mask, tokens
from schema_rewriter.sql.parse import parse
from schema_rewriter.sql.statements import Statement, statements

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
        first, second = parse(one, before), parse(other, after)
        if (first is None) != (second is None):
            return "a statement can't be parsed any more", one.span
        bodies = any(token.kind is Kind.BODY for token in one.tokens) or one.tokens[0].word in ("create", "do")
        if first and second and not bodies and _neutral(first.tree, names) != _neutral(second.tree, names):
            return "a statement means something else", one.span
        if _words(one, before, names) != _words(other, after, names):
            return "the words of a statement differ", one.span
    return None


def _words(statement: Statement, text: str, names: Mapping[str, str]) -> list[str]:
    """The words of a statement, without the schemas of relations that move, and these by the name to compare by."""
    words: list[str] = []
    for token in statement.tokens:
        if token.is_name and token.word in names:
            if len(words) > 1 and words[-1] == ".":
                del words[-2:]
            words.append(names[token.word])
        else:
            written = text[token.start : token.stop]
            if token.kind is Kind.BODY or (token.kind is Kind.STRING and written[0] == "'"):
                written = _content(written, names)
            words.append(token.word if token.is_name else written)
    return words


def _content(written: str, names: Mapping[str, str]) -> str:
    """What a constant says: where it holds SQL or a name, its words as those of a statement."""
    content = written.strip("'") if written[0] == "'" else written
    if not any(name in content.lower() for name in names):
        return written
    return "\0".join(_words(Statement(tuple(tokens(content.replace("$", " ")))), content.replace("$", " "), names))


def _constant(content: str, names: Mapping[str, str]) -> str:
    """What a string constant says, or, where it may name a relation that moves, the name to compare by."""
    parts = split_identifier(content)
    return names.get(parts[-1], content) if parts else content


def _neutral(tree: exp.Expr, names: Mapping[str, str]) -> exp.Expr:
    """The tree without the schemas of relations that move, and with the names to compare these by."""
    tree = tree.copy()
    for node in tree.walk():
        kind = type(node).__name__
        if kind == "Table":
            _strip(node, "this", names)
        elif kind == "Column" and node.args.get("table") is not None:
            _strip(node, "table", names)
        elif kind == "Literal" and node.args.get("is_string"):
            node.set("this", _constant(node.name, names))
        elif kind == "DataType" and type(node.args.get("kind")).__name__ == "Dot":
            type_name = node.args["kind"].expression
            if scopes.named(type_name) in names:
                node.set("kind", type_name)
    return tree


def _strip(node: exp.Expr, key: str, names: Mapping[str, str]) -> None:
    identifier = node.args.get(key)
    canonical = names.get(scopes.named(identifier))
    if canonical is not None and identifier is not None:
        node.set("db", None)
        identifier.set("this", canonical)
        identifier.set("quoted", True)
