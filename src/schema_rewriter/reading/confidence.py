"""How sure it is that a text is SQL: by the place it stands at and by its look. Knows no rules but the names."""

from __future__ import annotations

import enum
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from schema_rewriter.finding import Applicability
from schema_rewriter.reading.patterns import PATTERN
from schema_rewriter.reading.sql_calls import Trust
from schema_rewriter.sql import Kind, Statement, first_statement, is_verb
from schema_rewriter.words import BEFORE_A_HOLE, BEGINS_A_PIECE, CLAUSES, TELLS_A_RELATION, VERBS, any_of

if TYPE_CHECKING:
    from schema_rewriter.edit import Span
    from schema_rewriter.rules import RuleSet
    from schema_rewriter.text import MappedText


class Confidence(enum.Enum):
    """What may be done to the text: each with the applicability of its edits and what a person is told."""

    NONE = "none"  # prose: nothing is done and nothing said
    PIECE = "piece"  # a piece of a statement: only what cries for SQL is told
    FRAGMENT = "fragment"  # a piece of a statement by its look: it begins with a clause
    PATTERN = "pattern"  # a regular expression for a piece
    CUT = "cut"  # a piece of a statement, at a place for SQL
    QUOTED = "quoted"  # SQL by its look, at a place for prose
    MIRROR = "mirror"  # SQL by its look, compared with other SQL
    LOOK = "look"  # reads as SQL, and might be a sentence
    SURE = "sure"  # SQL by its look
    RUN = "run"  # SQL by its place

    @property
    def applicability(self) -> Applicability:
        """That of the edits in such a text."""
        if self in (Confidence.SURE, Confidence.RUN):
            return Applicability.SAFE
        return Applicability.UNSAFE if self is Confidence.LOOK else Applicability.MANUAL

    @property
    def reason(self) -> str:
        """Why a person is asked; "" where none is."""
        return {
            Confidence.PIECE: "a piece of SQL whose statement is not known",
            Confidence.FRAGMENT: "a piece of SQL whose statement is not known",
            Confidence.PATTERN: PATTERN,
            Confidence.CUT: "a piece of SQL whose statement is not known",
            Confidence.QUOTED: "it reads as SQL, at a place for messages or keys",
            Confidence.MIRROR: "it is compared with SQL, and has to follow it",
            Confidence.LOOK: "it reads as SQL, but may be a sentence",
        }.get(self, "")

    @property
    def is_piece(self) -> bool:
        """Whether the text is no statement: what it names may be a CTE of the rest."""
        return self in (Confidence.PIECE, Confidence.FRAGMENT, Confidence.PATTERN, Confidence.CUT)

    @property
    def weight(self) -> int:
        """How much a verdict in such a text weighs against one in another text."""
        return -1 if self.is_piece else int(self.applicability)

    @property
    def reports_dynamic(self) -> bool:
        """Whether a name that only the running program knows is worth telling."""
        return self in (Confidence.SURE, Confidence.RUN)

    def reports(self, text: str, span: Span) -> bool:
        """Whether a name whose meaning is open is worth telling: in SQL always, else behind FROM, JOIN ..."""
        if self is Confidence.RUN:
            return True
        before = re.search(r'(\w+)["\s]*$', text[max(0, span.start - 80) : span.start])
        word = before[1] if before else ""
        if self in (Confidence.CUT, Confidence.FRAGMENT):
            return word.lower() in TELLS_A_RELATION
        return (
            word.isupper()
            and word.lower() in TELLS_A_RELATION
            and self in (Confidence.SURE, Confidence.PIECE, Confidence.PATTERN, Confidence.MIRROR)
        )


def is_sql(text: MappedText) -> bool:
    """Whether a text is a statement by its look, wherever it stands."""
    return confidence(text, Trust.UNKNOWN, None) is Confidence.SURE


def goes_on(text: str, span: Span) -> bool:
    """Whether behind a relation's name in a piece stands what SQL has there: a clause, a comma, an alias and these."""
    return _GOES_ON.match(text, span.stop) is not None


_GOES_ON = re.compile(
    r"""
    \s*(?: (?:as\s+)?"?(?!(?:CLAUSE)\b)\w+"? \s*)?  # an alias
    (?:$ | [,;){%] | --|/\* | (?:CLAUSE)\b)
    """.replace(
        "CLAUSE",
        "on|using|where|set|values|join|left|right|inner|outer|cross|full|natural|group|order|having|limit|offset|union|"
        "except|intersect|returning|for|window|tablesample",
    ),
    re.IGNORECASE | re.VERBOSE,
)
SURE_WEIGHT = int(Applicability.SAFE)
"""The weight of a verdict in what is SQL for sure."""


_WORTH = re.compile(r"[{%:]|search_path|information_schema|nspname|schemaname|\bschema\b", re.IGNORECASE)


_VERB = re.compile(r"\b(?:" + any_of(VERBS | CLAUSES) + r")\b", re.IGNORECASE)


def may_be_sql(text: str) -> bool:
    """Whether a text holds a word that statements or their pieces need: a cheap test before any other."""
    return _VERB.search(text) is not None


def worth(text: str, has_holes: bool, rules: RuleSet) -> bool:
    """Whether a text at no place for SQL files may concern the rules at all: a cheap test before any other."""
    return has_holes or rules.mentioned(text) or _WORTH.search(text) is not None


def confidence(text: MappedText, trust: Trust, rules: RuleSet | None) -> Confidence:
    """How far a text is SQL that concerns the rules; without rules, how far it is SQL."""
    if trust is Trust.FILE:
        return Confidence.RUN
    wanted = may_be_sql(text.text) if rules is None else worth(text.text, bool(text.holes), rules)
    if trust is Trust.NEVER or not wanted:
        return Confidence.NONE
    first = first_statement(text.text, [hole.span for hole in text.holes])
    if first is None:
        return Confidence.NONE
    if not is_verb(first):
        if trust in (Trust.SQL, Trust.NAMED):
            return Confidence.CUT
        if trust is Trust.UNKNOWN and _is_fragment(first, text.text):
            return Confidence.FRAGMENT
        return Confidence.PIECE if trust in _PIECES else Confidence.NONE
    if trust in (Trust.SQL, Trust.NAMED):
        return Confidence.RUN
    if not _is_whole(first):
        return Confidence.PIECE if trust in _PIECES else Confidence.NONE
    return _by_look(first, text.text, trust)


_PIECES = (Trust.UNKNOWN, Trust.MIRROR)
"""Where a piece of a statement is worth telling."""


def _is_fragment(statement: Statement, text: str) -> bool:
    """Whether a piece reads as SQL: a clause in capital letters, or one with signs that sentences do not have."""
    words = [text[token.start : token.stop] for token in statement.tokens if token.kind is Kind.NAME]
    if not words or statement.tokens[0].kind is not Kind.NAME or words[0].lower() not in BEGINS_A_PIECE:
        return False
    keywords = [word for word in words if word.lower() in CLAUSES | BEGINS_A_PIECE]
    if all(word.isupper() for word in keywords):
        return not all(word.isupper() for word in words) or _has_signs(statement)
    asks = any(token.word == "(" and after.word == "select" for token, after in pairwise(statement.tokens))
    return all(word.islower() for word in keywords) and (asks or _has_signs(statement))


def _by_look(statement: Statement, text: str, trust: Trust) -> Confidence:
    """How far a text is SQL that stands at no place for SQL."""
    words = [text[token.start : token.stop] for token in statement.tokens if token.kind is Kind.NAME]
    keywords = [word for word in words[1:] if word.lower() in CLAUSES]
    ends = text.rstrip().endswith(";") and "".join(words[1:2]).isupper()
    upper = words[0].isupper() and (ends or all(word.isupper() for word in keywords))
    signs = _has_signs(statement)
    if upper and not signs and all(word.isupper() for word in words) and not _names_by_hole(statement):
        upper = False  # a headline
    if trust in (Trust.PROSE, Trust.MIRROR):
        quoted = Confidence.QUOTED if trust is Trust.PROSE else Confidence.MIRROR
        return quoted if upper else Confidence.NONE
    if upper:
        return Confidence.SURE
    if words[0].istitle():
        return Confidence.LOOK if signs else Confidence.NONE
    return Confidence.SURE if signs and words[0].lower() in _NEEDS else Confidence.LOOK


def _names_by_hole(statement: Statement) -> bool:
    """Whether a hole stands where a statement names a relation: DROP TABLE {t}, TRUNCATE {t}, LOCK TABLE {s}.{t}."""
    return any(
        after.kind in (Kind.HOLE, Kind.PARAMETER) and token.word in BEFORE_A_HOLE
        for token, after in pairwise(statement.tokens)
    )


_NEEDS = {
    "select": ({"select"},),
    "create": ({"create"},),
    "alter": ({"alter"},),
    "update": ({"set"}, {"="}),
    "delete": ({"from"},),
    "insert": ({"into"}, {"values", "select", "default", "("}),
    "merge": ({"into"}, {"using"}),
    "with": ({"as"},),
    "copy": ({"from", "to"}, {"stdin", "stdout", "program", "'"}),
}
"""By its verb, the words of which a statement has one of each group. The verbs of prose too stand first in others."""


def _is_whole(statement: Statement) -> bool:
    """Whether a statement has the words that its verb can't do without; a hole may be any of them."""
    tokens = statement.tokens
    words = {"'" if token.kind is Kind.STRING else token.word for token in tokens}
    verb = next(token.word for token in tokens if token.kind is Kind.NAME)
    holes = any(token.kind is Kind.HOLE for token in tokens)
    groups = _NEEDS.get(verb, ())
    return all(not group.isdisjoint(words) or (holes and at > 0) for at, group in enumerate(groups))


def _has_signs(statement: Statement) -> bool:
    """Whether a statement holds what sentences do not: a comparison, a driver's placeholder, a dotted name ..."""
    tokens = statement.tokens
    for token, after in pairwise((*tokens, tokens[-1])):
        if token.kind in (Kind.PARAMETER, Kind.QUOTED, Kind.BODY) or token.word in ("=", "<", ">", ";"):
            return True
        pair = token.word, after.word
        if pair in (("select", "*"), ("order", "by"), ("group", "by"), ("values", "("), ("count", "(")):
            return True
        if token.word == "." and after.is_name:
            return True
    return tokens[0].word == "create" and any(token.word == "(" for token in tokens)
