"""A file in another language than Python: its strings, put together where operators do that. Edits nothing; no SQL."""

from __future__ import annotations

import codecs
import re
from functools import cache, cached_property
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.escapes import Verbatim
from schema_rewriter.hosts.code import lexer
from schema_rewriter.hosts.host import Embedded, Hosted, NoCode, Place
from schema_rewriter.text import Hole, MappedText, Piece, decode
from schema_rewriter.words import CLAUSES, VERBS, any_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.edit import Edit
    from schema_rewriter.hosts.code.lexer import Language, Literal

_NAME = r"[A-Za-z_$@][\w$]*"
_CALL = re.compile(rf"({_NAME}(?:(?:\.|::|->|\?\.){_NAME})*)!?(?:<[\w<>, ]*>)?\s*\((?:[^()'\"`;{{}}]*,)?\s*\Z")
_BARE_CALL = re.compile(rf"(?:\A|\n|;)\s*((?:{_NAME}\.)*{_NAME})[ \t]+:?\Z")
_TAG = re.compile(rf"({_NAME})(?:<[\w<>, \[\]]*>)?\Z")
_BOUND = re.compile(rf"({_NAME}(?:\.{_NAME})*)['\"]?\]?\??\s*(?::[^=,;\n]{{0,40}})?(?:=|:=|:|=>|\+=|\.=|<<)\s*\(?\s*\Z")
_OPERAND = rf"{_NAME}(?:(?:\.|::|->){_NAME})*(?:\(\w*\))?"
_TABLE_NAME = re.compile(r'(?:"?\w+"?\.){0,2}"?\w+"?')
_MAY_CONCERN = re.compile(rf"\b(?:{any_of(VERBS | CLAUSES)}|search_path|currentschema)\b", re.IGNORECASE)
"""A word that SQL has, or what tells a connection how names resolve: other strings are none of ours."""
_WIDEST = 2_000
"""How long the lines of code are on the average that nobody wrote: a bundle."""


class CodeFile(NoCode):
    """A file of code in another language."""

    name = ""

    @cached_property
    def hosted(self) -> Hosted:
        """Each string literal, and each text that operators make of several."""
        file = decoded(self.source)
        if file is None or len(file.text) > _WIDEST * (file.text.count("\n") + 10):
            return Hosted()
        return Hosted(tuple(texts(file, lexer.language(self.name))))

    def difference(self, after: bytes, edits: Collection[Edit]) -> str | None:
        """Any change is one: nothing proves an edit here."""
        return None if after == self.source else f"{self.name} is not edited"


@cache
def file_of(name: str) -> type[CodeFile]:
    """The class of the files in a language."""
    return type("CodeFile", (CodeFile,), {"name": name})


def decoded(source: bytes) -> MappedText | None:
    """The characters of a file in UTF-8, or one byte each; None for what is no text."""
    if b"\0" in source:
        return None
    skip = len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0
    try:
        return decode(source, "utf-8", skip)
    except UnicodeDecodeError:
        return decode(source, "latin-1", skip)


def texts(file: MappedText, spoken: Language) -> Iterator[Embedded]:
    """What the strings of a text come to, each with what the code before it says."""
    text = file.text
    is_of_tables = any(word in text.lower() for word in lexer.table()["around"]["tells"])
    for row in _rows(text, lexer.literals(text, spoken), spoken):
        written = text[row[0].body.start : row[-1].body.stop]
        is_name = len(row) == 1 and _TABLE_NAME.fullmatch(written) is not None
        if not (is_name or _MAY_CONCERN.search(written)):
            continue
        before = text[max(0, row[0].span.start - 120) : row[0].span.start]
        made = _put_together(text, row, spoken)
        if not is_name:
            yield Embedded(made.within(file), (_place(before),), told=spoken.name)
        elif _is_table(before, is_of_tables):
            yield Embedded(as_table(made).within(file), (Place("argument", "execute", 0),), told=spoken.name)


def as_table(name: MappedText) -> MappedText:
    """The name of a relation as the statement that reads it."""
    pieces = tuple(Piece(piece.at + 6, piece.offsets, piece.layers) for piece in name.pieces)
    return MappedText(f"TABLE {name.text}", pieces, (), name.charset)


def _rows(text: str, found: Sequence[Literal], spoken: Language) -> Iterator[list[Literal]]:
    """The literals, those together that operators put together, with no more than a name between two."""
    if not spoken.join:
        joint = re.compile(r"\s*")
    elif spoken.join == ",":
        joint = re.compile(r"(?!)")
    else:
        joint = re.compile(rf"\s*(?:{spoken.join})\s*(?:{_OPERAND}\s*(?:{spoken.join})\s*)?")
    row: list[Literal] = []
    for one in found:
        if row and joint.fullmatch(text, row[-1].span.stop, max(one.span.start, row[-1].span.stop)):
            row.append(one)
            continue
        if row:
            yield row
        row = [one]
    if row:
        yield row


def _put_together(text: str, row: Sequence[Literal], spoken: Language) -> MappedText:
    """The text that literals make, with holes for what stands between two, and in them."""
    chars: list[str] = []
    pieces: list[Piece] = []
    holes: list[Hole] = []
    for index, one in enumerate(row):
        if index and (code := re.search(_OPERAND, text[row[index - 1].span.stop : one.span.start])):
            holes.append(Hole(Span(len(chars), len(chars) + len(code[0])), code[0]))
            chars += code[0]
        for written, offsets, hole in _parts(text, one, spoken):
            at = len(chars)
            chars += written
            if hole:
                holes.append(Hole(Span(at, len(chars)), written))
            elif written:
                pieces.append(Piece(at, offsets, (Verbatim(""),)))
    return MappedText("".join(chars), tuple(pieces), tuple(holes))


def _parts(text: str, one: Literal, spoken: Language) -> Iterator[tuple[str, tuple[int, ...], bool]]:
    """What a literal says, in stretches: their characters, where these stand, whether the program fills them."""
    holes = {span.start: span for span in one.holes}
    if spoken.format:
        filled = re.compile(spoken.format).finditer(text, one.body.start, one.body.stop)
        holes |= {seen.start(): Span(*seen.span()) for seen in filled if seen.start() not in holes}
    escapes = {span.start: span for span in one.escapes}
    chars: list[str] = []
    offsets: list[int] = []
    at = one.body.start
    for mark in sorted({*holes, *escapes}):
        if mark < at:
            continue
        chars += text[at:mark]
        offsets += range(at, mark)
        at = mark
        if mark in holes:
            yield "".join(chars), (*offsets, mark), False
            chars, offsets, at = [], [], holes[mark].stop
            yield text[mark:at].replace("\n", " "), (), True
            continue
        at = escapes[mark].stop
        if said := _ESCAPES.get(text[at - 1], text[at - 1]):
            chars.append(said)
            offsets.append(mark)
    chars += text[at : one.body.stop]
    offsets += range(at, one.body.stop)
    yield "".join(chars), (*offsets, one.body.stop), False


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}


def _place(before: str) -> Place:
    """What the code before a string says of it: the call that takes it, the name that it is bound to."""
    around = lexer.table()["around"]
    called = _CALL.search(before) or _BARE_CALL.search(before)
    if called is not None or (before[-1:].isalnum() and (called := _TAG.search(before))):
        name = _last(called[1])
        if name in around["runs"]:
            return Place("argument", "execute", 0)
        return Place("argument", "print" if name in around["prose"] else called[1].replace("->", "."), "")
    if bound := _BOUND.search(before):
        return Place("value", names=(_snake(bound[1]),))
    return Place("value")


def _is_table(before: str, is_of_tables: bool) -> bool:
    """Whether the code before a name says that it is a table's."""
    before = before[-60:]
    if before.rstrip().endswith((",", "[", "+", "?", "|", "&", "from", "import", "className=", "}", ";")):
        return False
    around = lexer.table()["around"]
    bound = _BOUND.search(before)
    if _tells_a_table().search(before):
        return True
    if bound and bound[1].lower().lstrip("$@") in around["names"] and not re.search(r"<\w[^<>]*\Z", before):
        return True
    called = _CALL.search(before) or _BARE_CALL.search(before)
    return is_of_tables and called is not None and _last(called[1]) in around["tables"] and "," not in called[0]


@cache
def _tells_a_table() -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(lexer.table()['around']['before'])})\Z")


def _last(dotted: str) -> str:
    return re.split(r"\.|::|->", dotted)[-1].lower().lstrip("@")


def _snake(name: str) -> str:
    """A name in camel case as one in snake case: getUserSql is get_user_sql."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
