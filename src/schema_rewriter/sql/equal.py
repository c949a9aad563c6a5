"""Whether two texts are the same SQL but for the schemas and names of relations that move."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from schema_rewriter.edit import Span
from schema_rewriter.sql import postgresql_parser, scopes
from schema_rewriter.sql.comparable import same_constant, words
from schema_rewriter.sql.kinds import is_opaque
from schema_rewriter.sql.lexer import Kind, mask
from schema_rewriter.sql.parse import parse
from schema_rewriter.sql.rows import same_rows
from schema_rewriter.sql.statements import Row, Statement, statements

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlglot import exp


@dataclass(frozen=True, slots=True)
class Compared:
    """What is said of a statement that changed, whose characters before are `span`.

    `problem` is why it is not the same but for the schemas of relations that move, "" where it is, and `by` who says
    so: "sqlglot" and "postgresql" are parsers, "tokens" is what a statement that neither reads is compared by.
    """

    span: Span
    problem: str = ""
    by: tuple[str, ...] = ()


Text = tuple[str, "Sequence[Span]"]
"""A text, and where its holes are."""


def compared(
    before: Text, after: Text, names: Mapping[str, str], schemas: Collection[str], *, script: bool
) -> Iterator[Compared]:
    """What is said of each statement in which two texts differ.

    `names` maps each name that a relation may have, before or after, to the one to compare it by, and `schemas` are
    those that relations move from and to.
    """
    old_text, new_text = mask(*before), mask(*after)
    old, new = statements(old_text, script=script), statements(new_text, script=script)
    for one, other in zip_longest(old, new):
        if one is None or other is None:
            yield Compared(Span(0, len(old_text)), "the number of statements differs")
            return
        if old_text[one.span.start : one.span.stop] != new_text[other.span.start : other.span.stop]:
            yield _compared(one, old_text, other, new_text, names, schemas)


def _compared(
    one: Statement, before: str, other: Statement, after: str, names: Mapping[str, str], schemas: Collection[str]
) -> Compared:
    """What is said of a statement before and after."""
    if isinstance(one, Row) and isinstance(other, Row) and same_rows(one.places, other.places, names):
        return Compared(one.span, by=("tokens",))
    by: list[str] = []
    if not (any(token.kind is Kind.BODY for token in one.tokens) or one.tokens[0].word in ("create", "do")):
        first, second = _tree(one, before), _tree(other, after)
        if (first is None) != (second is None):
            return Compared(one.span, "a statement can't be parsed any more")
        if first and second and not _same(first, second, names):
            return Compared(one.span, "a statement means something else")
        by += ["sqlglot"] if first else []
    if words(one, before, names) != words(other, after, names):
        return Compared(one.span, "the words of a statement differ")
    if (tree := postgresql_parser.tree(one, before)) is not None:
        again = postgresql_parser.tree(other, after)
        if again is None:
            return Compared(one.span, "PostgreSQL's own parser can't read a statement any more")
        if not postgresql_parser.same(tree, again, names, schemas):
            return Compared(one.span, "a statement means something else to PostgreSQL's own parser")
        by.append("postgresql")
    return Compared(one.span, by=tuple(by) or ("tokens",))


def _tree(statement: Statement, text: str) -> exp.Expr | None:
    """The tree of a statement, if one shows what it names; its words tell the rest."""
    parsed = parse(statement, text)
    return None if parsed is None or is_opaque(parsed.tree, statement.tokens) else parsed.tree


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
            if not same_constant(one.name, other.name, names):
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
