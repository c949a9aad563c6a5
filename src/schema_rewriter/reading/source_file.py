"""A file read once into a value: every command answers from it. Knows hosts, SQL and rules; edits nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from schema_rewriter import hosts, sql
from schema_rewriter.functions import binds_a_name
from schema_rewriter.reading import patterns, sql_calls
from schema_rewriter.reading.confidence import Confidence, confidence
from schema_rewriter.reading.engine import OURS, Engine, FileEngine, engine_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from schema_rewriter.hosts import Embedded, Host
    from schema_rewriter.rules import RuleSet


PARTS_REPLACED = "the code replaces parts of this text"


@dataclass(frozen=True, slots=True)
class SqlText:
    """A text with what SQL says of it. `read` is None for a text that is none of ours: prose, or without our names.

    `engine` tells whose SQL it is, `doubt` speaks against every edit of it.
    """

    embedded: Embedded
    read: sql.Reading | None
    confidence: Confidence
    path: str
    doubt: str = ""
    engine: Engine = OURS


class SourceFile:
    """A file with all that its bytes and the rules say of it, each answer found when it is first asked for.

    The host's answers (strings, models, names ...) hang on the bytes alone: `under` other rules they are the same.
    """

    def __init__(self, path: str, source: bytes, rules: RuleSet, host: Host) -> None:
        self.path = path
        self.source = source
        self.rules = rules
        self.host = host
        self._texts: dict[int, SqlText] = {}

    def under(self, rules: RuleSet) -> SourceFile:
        """The same file under other rules; it is not read again."""
        return self if rules == self.rules else SourceFile(self.path, self.source, rules, self.host)

    @property
    def is_known(self) -> bool:
        """Whether something here reads files of its kind."""
        return not isinstance(self.host, hosts.UnknownFile)

    @property
    def error(self) -> str | None:
        """Why the file can't be judged, in one line."""
        return self.host.hosted.error

    @property
    def imports(self) -> frozenset[str]:
        """The modules that its code imports."""
        return self.host.hosted.imports

    @cached_property
    def engine(self) -> FileEngine:
        """Whose SQL its texts are, unless one of them says otherwise."""
        return engine_of(self.path, self.host.hosted, self.rules)

    @cached_property
    def texts(self) -> tuple[SqlText, ...]:
        """Its texts, read as SQL as far as they concern the rules."""
        return tuple(map(self._text, range(len(self.host.hosted.texts))))

    @cached_property
    def filled_texts(self) -> tuple[SqlText, ...]:
        """Those of `texts` with a hole that code fills, or with values bound to them; others are not read for them."""
        embedded = self.host.hosted.texts
        binds = binds_a_name(self.source)
        return tuple(self._text(at) for at, one in enumerate(embedded) if _is_filled(one, binds=binds))

    @cached_property
    def candidates(self) -> tuple[SqlText, ...]:
        """The texts that are SQL as far as can be told, whatever relations they name; not read as SQL yet."""
        found = ((one, confidence(one.text, self._trust(one), None)) for one in self.host.hosted.texts)
        return tuple(
            SqlText(one, None, confident, self.path, engine=self.engine.of(one))
            for one, confident in found
            if confident is not Confidence.NONE
        )

    @cached_property
    def every(self) -> tuple[SqlText, ...]:
        """The candidates, read as SQL for every name there can be (`sql.EVERY`)."""
        return tuple(replace(item, read=_read(item.embedded, sql.EVERY)) for item in self.candidates)

    def looks(self, item: SqlText) -> Confidence:
        """How far one of its texts is SQL, whatever relations that names."""
        return confidence(item.embedded.text, self._trust(item.embedded), None)

    def _text(self, at: int) -> SqlText:
        """A text, read as SQL as far as its place and its look make it SQL that concerns the rules."""
        if at not in self._texts:
            embedded = self.host.hosted.texts[at]
            trust = self._trust(embedded)
            confident = confidence(embedded.text, trust, self.rules)
            is_pattern = confident in _OF_PATTERNS and trust in _PLACES and patterns.is_pattern(embedded.text.text)
            if is_pattern:
                embedded = replace(embedded, text=patterns.as_sql(embedded.text))
                relaxed = confidence(embedded.text, trust, self.rules)
                is_piece = confident.is_piece or relaxed.is_piece
                confident = Confidence.PATTERN if is_piece or relaxed is Confidence.NONE else relaxed
            is_sql = confident is not Confidence.NONE
            read = _read(embedded, self.rules.names, owned=True) if is_sql else None
            engine = self.engine.of(embedded)
            doubt = engine.doubt or embedded.doubt or _replaced(embedded, self.rules)
            doubt = doubt or (patterns.PATTERN if is_pattern else "")
            self._texts[at] = SqlText(embedded, read, confident, self.path, doubt, engine)
        return self._texts[at]

    def _trust(self, embedded: Embedded) -> sql_calls.Trust:
        found = sql_calls.trust(embedded.places, self.imports)
        is_run = embedded.carried and any(sql_calls.is_shell(place.call) for place in embedded.places)
        is_run = is_run or any(self.rules.runs(place.call, place.argument) for place in embedded.places if place.call)
        marked = sql_calls.Trust.NAMED if _MARKED.match(embedded.text.text) else found
        return sql_calls.Trust.SQL if is_run else max(found, marked)


def read(path: str, source: bytes, rules: RuleSet, packed: bytes = b"") -> SourceFile:
    """A file that holds `source`, under the rules; its `path` is POSIX and relative to the project's root.

    `packed` is what the host of the same bytes has found before.
    """
    return SourceFile(path, source, rules, hosts.opened(path, source, packed))


_OF_PATTERNS = (Confidence.NONE, Confidence.PIECE, Confidence.FRAGMENT, Confidence.MIRROR)
_PLACES = (sql_calls.Trust.MIRROR, sql_calls.Trust.UNKNOWN)
"""How far a regular expression for SQL is SQL itself, and where it stands."""
_MARKED = re.compile(r"\s*(?:/\*\s*(?:language\s*=\s*)?|--\s*(?:language\s*=\s*)?)(?:sql|postgres\w*|pgsql)\b", re.I)
"""A comment at the beginning of a text by which editors know that it is SQL."""


def _read(embedded: Embedded, names: Collection[str], *, owned: bool = False) -> sql.Reading:
    holes = [hole.span for hole in embedded.text.holes]
    return sql.read(embedded.text.text, holes, names, script=embedded.script, owned=owned)


def _is_filled(embedded: Embedded, *, binds: bool) -> bool:
    """Whether code fills a hole of a text, or, in a file that `binds` names of relations, a placeholder."""
    if any(hole.code is not None for hole in embedded.text.holes):
        return True
    return binds and any(place.bound for place in embedded.places)


def _replaced(embedded: Embedded, rules: RuleSet) -> str:
    """Why the names in a text may not be what the program sends: it replaces parts of the text."""
    for place in embedded.places:
        if place.kind == "replaced" and not (place.names and not rules.mentioned(place.names[0])):
            return PARTS_REPLACED
    return ""
