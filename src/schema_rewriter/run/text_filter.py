"""Whether the strings of a Python file can have anything to tell: a second look, at the price of Python's own parser.

A file that is worth a look by its bytes (`prefilter`) often says a table's name in its code alone: a variable `users`,
an attribute, a comment. LibCST, which takes several times as long, need not read it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.run.hole_filter import fills
from schema_rewriter.run.prefilter import Needles, says
from schema_rewriter.words import ACTS, BESIDE_A_HOLE, MAY_STAND_BEFORE_A_HOLE, any_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.project import Context
    from schema_rewriter.reading import SourceFile

_ELSEWHERE = (b"schema-rewrite:", b"schema_translate_map", b"search_path", b"currentschema")
"""What has its meaning outside of strings, too."""


def are_silent(file: SourceFile, context: Context) -> bool:
    """Whether no string of a Python file names a relation that moves, or leaves one to the program; if in doubt, not.

    `context` is what of it concerns the file (`Context.within`).
    """
    rules = file.rules
    if not file.path.endswith((".py", ".pyi", ".pyw")) or rules.bounds(file.path) or _gets_more(context):
        return False
    lower = file.source.lower()
    if any(word in lower for word in _ELSEWHERE) or fills(file.source) or file.host.cheap_strings is None:
        return False
    texts = [string.text for string in file.host.cheap_strings]
    names = rules.names.union(*((move.relation.name, move.to.name) for move in context.moves))
    needles = Needles.of(names, frozenset(move.relation.schema or "" for move in rules.moves))
    return not says("\n".join(texts).encode("utf-8", "surrogatepass"), needles) and not _leave_a_relation(texts)


def _leave_a_relation(texts: Sequence[str]) -> bool:
    """Whether one of the texts of a file may have a hole where a relation's name stands, its verb in another text."""
    words = [found[0].lstrip(" ,('").split(maxsplit=1)[0] for text in texts for found in _HOLE.finditer(text)]
    return any(word.isupper() for word in words) or (bool(words) and any(map(_VERB.search, texts)))


_VERB = re.compile(rf"\b(?:{any_of(BESIDE_A_HOLE)})\b", re.IGNORECASE)
_HOLE = re.compile(
    rf"\b(?:{any_of(MAY_STAND_BEFORE_A_HOLE | ACTS)})"
    r"\s+(?:[\"\w]+\.)?\"?(?:\w*(?:\{|%|\$[\w{])|:\w|\?|\Z)|"
    r"\b(?:from|table|truncate|using|join)\s[^;()]{0,200},\s*(?:\{|%s|%\()|"
    r"'(?:[\"\w]+\.)?\"?\w*(?:\{\w*\}|%s|%\(\w+\)s)\w*\"?'\s*(?:[),]|::)",
    re.IGNORECASE,
)
"""A word that a relation's name follows, with a hole or a placeholder behind it, or nothing; a constant with a hole."""


def _gets_more(context: Context) -> bool:
    """Whether a file gets more from others than moves of indexes and sequences."""
    return bool(
        context.literals
        or context.holes
        or context.arguments
        or context.values
        or context.conflicts
        or context.index_conflicts
        or context.former
        or context.models
        or context.model_settings
        or context.frozen
        or context.django
        or context.django_cause
    )
