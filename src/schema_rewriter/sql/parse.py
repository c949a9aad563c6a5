"""A statement as sqlglot's tree, at the statement's own positions; holes filled so that no position shifts."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from schema_rewriter.sql.lexer import Kind, Token
from schema_rewriter.sql.simplify import plainer
from schema_rewriter.words import BEFORE_A_RELATION, OPAQUE

if TYPE_CHECKING:
    from sqlglot import exp

    from schema_rewriter.sql.statements import Statement

Filler = Callable[[Sequence[Token], int], str]
"""What stands for token i of a statement, given all of them: a string of the token's own width, or shorter."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A statement's tree; `at` is the character of the text that its position 0 stands for."""

    tree: exp.Expr
    at: int


def parse(statement: Statement, text: str, prefix: str = "") -> Parsed | None:
    """The tree of a statement, or None where sqlglot can't parse it or keeps it as an opaque command.

    Holes and placeholders are replaced by what fits their place; if that does not parse, by what else may fit.
    `prefix` is read before the statement and stands nowhere.
    """
    tokens = statement.tokens
    if statement.broken:
        return None
    if not prefix and not _may_parse(tokens):
        return None
    holes = any(token.kind is Kind.HOLE or token.word[:1] == "%" for token in tokens)
    tried: set[str] = set()
    for new in ({}, plainer(tokens)):
        for filler in _FILLERS if holes else _FILLERS[:1]:
            sql = prefix + fill(tokens, text, filler, new)
            if sql not in tried and (tree := _tree(sql)) is not None:
                return Parsed(tree, tokens[0].start - len(prefix))
            tried.add(sql)
    return None


def _may_parse(tokens: Sequence[Token]) -> bool:
    """Whether sqlglot makes a tree of statements that begin so."""
    return tokens[0].word not in OPAQUE


def fill(tokens: Sequence[Token], text: str, filler: Filler, new: Mapping[int, str]) -> str:
    """The statement without comments, each character in its place, holes and odd constants replaced.

    `new` says by a token's index what else to write for it.
    """
    parts: list[str] = []
    at = tokens[0].start
    for index, token in enumerate(tokens):
        parts.append(" " * (token.start - at))
        width = token.stop - token.start
        if index in new:
            part = new[index]
        elif token.kind is Kind.HOLE:
            part = filler(tokens, index)
        elif token.kind is Kind.PARAMETER:
            part = _parameter(tokens, index, text, filler)
        elif token.word == "%%":
            part = "%"  # a driver's doubled percent sign: the remainder
        elif token.kind in (Kind.STRING, Kind.BODY):
            part = _constant(text[token.start : token.stop])
        elif token.word == "?" and not (index and _is_operand_end(tokens[index - 1])):
            part = "1"  # a driver's placeholder; behind an operand it is an operator of jsonb
        else:
            part = text[token.start : token.stop]
        parts.append(part.ljust(width)[:width])
        at = token.stop
    return "".join(parts)


_SIMPLE = re.compile(r"'(?:[^'\\\ue000]|'')*'")


def _constant(written: str) -> str:
    """A plain constant of the same width; what it says never matters to the tree."""
    if _SIMPLE.fullmatch(written):
        return written
    lead = re.match(r"[^'$]*", written)
    prefix = " " * len(lead[0]) if lead else ""
    return prefix + "'" + "x" * (len(written) - len(prefix) - 2) + "'"


def _parameter(tokens: Sequence[Token], index: int, text: str, filler: Filler) -> str:
    token = tokens[index]
    written = text[token.start : token.stop]
    if written[0] == "$":
        return written
    if written[:2] == ":'":
        return "'" + "x" * (len(written) - 2) + "'"
    if _names_relation(tokens, index) or written[:2] == ':"' or _touches(tokens, index, -1):
        return filler(tokens, index)
    if written[0] == ":":
        return written
    part = filler(tokens, index)  # %s may be a driver's value, or any piece of SQL for the % operator
    return "$" + "1" * (len(written) - 1) if set(part) == {"x"} else part


def _touches(tokens: Sequence[Token], index: int, step: int) -> bool:
    """Whether the token beside this one begins or ends right at it."""
    other = index + step
    if not 0 <= other < len(tokens):
        return False
    left, right = sorted((tokens[index], tokens[other]), key=lambda token: token.start)
    return left.stop == right.start


def is_dynamic(token: Token) -> bool:
    """Whether what a token says is known only to the running program."""
    return token.kind in (Kind.HOLE, Kind.PARAMETER)


_HOLED = re.compile("[\ue000]|{[^{}]*}")


def is_dynamic_name(token: Token) -> bool:
    """Whether a quoted name has a hole in it."""
    return token.kind is Kind.QUOTED and _HOLED.search(token.word) is not None


_OPERAND_NEXT = frozenset(
    """
        select distinct all where and or not on having by limit offset set values in like ilike between when
        then else case returning as is any some exists over filter interval return default check with
        """.split()
)


def _names_relation(tokens: Sequence[Token], index: int) -> bool:
    before = tokens[index - 1] if index else None
    if before is None or before.kind is not Kind.NAME:
        return False
    return before.word in BEFORE_A_RELATION or (index == 1 and before.word == "analyze")


def _is_operand_end(token: Token) -> bool:
    """Whether an expression, a name or a clause may end with this token."""
    if token.kind is Kind.NAME:
        return token.word not in _OPERAND_NEXT and token.word not in BEFORE_A_RELATION
    return token.kind is not Kind.OTHER or token.word in (")", "]", "*", "?")


def _name(tokens: Sequence[Token], index: int) -> str:
    return "x" * (tokens[index].stop - tokens[index].start)


def _by_place(tokens: Sequence[Token], index: int, clause: str = "") -> str:
    """What fits behind the token before: a name, a number, a row, an assignment, or nothing where a clause fits."""
    name = _name(tokens, index)
    before = tokens[index - 1] if index else None
    if before is None:
        return clause
    if _touches(tokens, index, -1):
        if before.word == "$":
            return "1" * len(name)
        if before.is_name or before.kind in (Kind.HOLE, Kind.NUMBER, Kind.PARAMETER) or before.word == ".":
            return name
    if special := _behind_a_keyword(before, tokens[0].word, len(name)):
        return special
    if _names_relation(tokens, index) or not _is_operand_end(before):
        return name
    return _between_operands(tokens, index) or clause


def _behind_a_keyword(before: Token, verb: str, width: int) -> str:
    """What fits behind DO of ON CONFLICT, VALUES, IN and SET, if it is wide enough; "" behind any other word."""
    if before.word == "do" and width >= len("nothing"):
        return "nothing"
    if before.kind is not Kind.NAME or width < len("(1)"):
        return ""
    if before.word in ("values", "in"):
        return "(" + "1" * (width - 2) + ")"
    sets = before.word == "set" and verb in ("update", "with", "insert", "merge")
    return "x" * (width - 2) + "=1" if sets else ""


def _between_operands(tokens: Sequence[Token], index: int) -> str:
    """What fits behind an operand, by what follows: a name that goes on there, an operator, or "" for a clause."""
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if after is None:
        return ""
    if after.word == "(":
        return _name(tokens, index)  # what stands in the parentheses belongs to it
    if _touches(tokens, index, 1) and (after.is_name or after.kind is Kind.NUMBER or after.word == "."):
        return _name(tokens, index)
    operand = after.kind in (Kind.NUMBER, Kind.STRING) or after.word == "?" or after.word[:1] in ("$", "%", ":")
    return "=" if operand else ""


def _as_operators(tokens: Sequence[Token], index: int) -> str:
    return _by_place(tokens, index, "=")


def _as_names(tokens: Sequence[Token], index: int) -> str:
    return _by_place(tokens, index, _name(tokens, index))


def _as_joins(tokens: Sequence[Token], index: int) -> str:
    return _by_place(tokens, index, "join" if len(_name(tokens, index)) >= len("join") else "")


def _as_nothing(tokens: Sequence[Token], index: int) -> str:
    return _name(tokens, index) if _names_relation(tokens, index) else ""


_FILLERS: tuple[Filler, ...] = (_by_place, _as_operators, _as_joins, _as_names, _as_nothing, _name)


@lru_cache(maxsize=256)
def _tree(sql: str) -> exp.Expr | None:
    """sqlglot's tree of exactly one statement, or None; not to be changed, since the proof asks for it again."""
    parser, opaque = _sqlglot()
    try:
        trees = parser(sql)
    except RecursionError:
        return None
    except Exception:  # noqa: BLE001 - whatever a foreign parser raises for a foreign text means: not parsed
        return None
    tree: exp.Expr | None = trees[0] if len(trees) == 1 else None
    return None if isinstance(tree, opaque) else tree


@cache
def _sqlglot() -> tuple[Callable[[str], list[Any]], type]:
    """The parser and the class of commands it does not understand; imported at the first statement only."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ErrorLevel

    class Quiet(logging.Filter):
        """What sqlglot keeps as a command is a finding of ours, not a line on the user's terminal."""

        def filter(self, record: logging.LogRecord) -> bool:
            return "Falling back to parsing as a 'Command'" not in record.getMessage()

    logging.getLogger("sqlglot").addFilter(Quiet())
    dialect = sqlglot.Dialect.get_or_raise("postgres")

    def run(sql: str) -> list[Any]:
        return dialect.parse(sql, error_level=ErrorLevel.IMMEDIATE)

    return run, exp.Command
