"""Laws of the map from text to bytes: of files without escapes, and of maps within maps."""

from __future__ import annotations

import codecs
from bisect import bisect_right
from typing import TYPE_CHECKING

import pytest
from helpers.strategies import NEW, encodes, examples, spans
from hypothesis import given
from hypothesis import strategies as st

from schema_rewriter.edit import Span, apply
from schema_rewriter.escapes import Braces, Literal, Percent, Verbatim
from schema_rewriter.hosts import sqlfile
from schema_rewriter.text import Hole, MappedText, Piece, decode

if TYPE_CHECKING:
    from schema_rewriter.escapes import Layer
    from schema_rewriter.text import Offsets

CODECS = ("utf-8", "latin-1", "cp1252", "koi8-r", "shift_jis", "euc_jp", "gbk", "utf-16-le", "utf-32-be")
TEXT = st.text(st.sampled_from("abz .;,'\"\\-$%{}\n\r\té表ソжÄ€😀\x00\x0c\x85\u2028\ufeff"), max_size=20)
LAYERS: tuple[Layer, ...] = (Braces(), Percent(), Literal("", "'"), Literal("r", '"'), Verbatim("{%"))


@examples(6)
@given(TEXT, st.sampled_from(CODECS), st.integers(0, 3), st.data())
def test_decoding_maps_each_character_to_its_bytes(text: str, charset: str, skip: int, data: st.DataObject) -> None:
    """decode(apply(file, edits)) == apply(decode(file), edits), for any charset and any bytes before the text."""
    text = "".join(char for char in text if encodes(char, charset))
    source = b"\xef\xbb\xbf"[:skip] + text.encode(charset)
    mapped = decode(source, charset, skip)
    assert mapped.text == text
    span, new = data.draw(spans(len(text))), data.draw(NEW)
    place = mapped.place(span)
    if place is not None:
        assert source[place.start : place.stop].decode(charset) == text[span.start : span.stop]
    edit = mapped.edit(span, new)
    if edit is None:
        assert not text or not encodes(new, charset)
        return
    wanted = text[: span.start] + new + text[span.stop :]
    again = decode(apply(source, [edit]), charset, skip)
    assert again.text == wanted
    assert again.pieces[0].offsets[-1] == len(source) + len(edit.new) - (edit.span.stop - edit.span.start)


@examples(6)
@given(
    st.one_of(st.binary(max_size=16), TEXT.map(str.encode), TEXT.map(lambda t: t.encode("gbk", "replace"))), st.data()
)
def test_sql_files_of_any_bytes(body: bytes, data: st.DataObject) -> None:
    """A .sql file is read whatever its bytes are; an edit makes the text's edit, in the encoding of the file."""
    source = data.draw(st.sampled_from((b"", codecs.BOM_UTF8))) + body
    hosted = sqlfile.read(source)
    if hosted.error:
        assert b"\0" in source  # no SQL: PostgreSQL takes no such character in a text
        return
    (embedded,) = hosted.texts
    mapped = embedded.text
    lead = source[: len(source) - len(body)]
    codec = "latin-1" if mapped.charset == "ascii" else mapped.charset
    if not source.startswith(codecs.BOM_UTF8, len(lead)) or lead:
        assert lead + mapped.text.encode(codec) == source
    span, new = data.draw(spans(len(mapped.text))), data.draw(NEW.filter(lambda new: "\0" not in new))
    edit = mapped.edit(span, new)
    if edit is None:
        assert not mapped.text or not encodes(new, mapped.charset)
        return
    after = apply(source, [edit])
    wanted = mapped.text[: span.start] + new + mapped.text[span.stop :]
    if mapped.charset == "utf-8":
        assert sqlfile.read(after).texts[0].text.text == wanted or wanted.startswith("\ufeff")
    else:
        assert after.endswith(wanted.encode("latin-1"))
        assert len(after) - len(wanted) in (0, 3)


@examples()
@given(st.binary(max_size=12), st.sampled_from((*CODECS, "ascii", "utf-7", "iso2022_jp", "utf-16", "cp932", "hz")))
def test_decoding_refuses_what_does_not_come_back(source: bytes, charset: str) -> None:
    """decode gives a text whose characters are exactly the bytes, or it raises ValueError."""
    try:
        mapped = decode(source, charset)
    except ValueError:
        return
    offsets = mapped.pieces[0].offsets
    assert (offsets[0], offsets[-1]) == (0, len(source))
    for index, char in enumerate(mapped.text):
        assert source[offsets[index] : offsets[index + 1]].decode(charset) == char


# -- maps within maps


@st.composite
def _maps(draw: st.DrawFn, length: int) -> MappedText:
    """A text of stretches of an outer one of that length: cut, escaped, with gaps between and holes in it."""
    text = ""
    pieces: list[Piece] = []
    holes: list[Hole] = []
    at = 0
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(at, length))
        if draw(st.booleans()):
            text += "~"  # a gap
        widths = draw(st.lists(st.integers(1, 3), min_size=1, max_size=5))
        offsets = [start]
        for width in widths:
            offsets.append(offsets[-1] + width)
        offsets = offsets[: bisect_right(offsets, length)]
        if len(offsets) < 2:
            break
        whole: Offsets = range(start, offsets[-1] + 1) if draw(st.booleans()) else tuple(offsets)
        layers = tuple(draw(st.lists(st.sampled_from(LAYERS), max_size=2)))
        pieces.append(Piece(len(text), whole, layers))
        if draw(st.integers(0, 3)) == 0:
            first = draw(st.integers(0, len(whole) - 2))
            last = draw(st.integers(first + 1, len(whole) - 1))
            holes.append(Hole(Span(len(text) + first, len(text) + last), f"x{len(text)}"))
        text += "".join(chr(97 + (start + index) % 26) for index in range(len(whole) - 1))
        at = offsets[-1]
    return MappedText(text, tuple(pieces), tuple(holes))


def _same(one: MappedText, other: MappedText) -> None:
    """Two maps that answer every question in the same way."""
    assert one.text == other.text
    assert [(h.span, h.expression) for h in one.holes] == [(h.span, h.expression) for h in other.holes]
    for start in range(len(one.text) + 1):
        for stop in range(start, len(one.text) + 1):
            span = Span(start, stop)
            assert one.place(span) == other.place(span), span
            for new in ("ab", "{'%"):
                assert one.edit(span, new) == other.edit(span, new), (span, new)


@examples(5)
@given(st.data())
def test_within_is_associative(data: st.DataObject) -> None:
    """A map within a map within a map is the same from either end."""
    outer = data.draw(_maps(data.draw(st.integers(0, 14))))
    middle = data.draw(_maps(len(outer.text)))
    inner = data.draw(_maps(len(middle.text)))
    _same(inner.within(middle).within(outer), inner.within(middle.within(outer)))


@examples(5)
@given(st.data())
def test_within_keeps_pieces_and_holes_in_order(data: st.DataObject) -> None:
    """Composed pieces and holes stand in the order of the text; pieces do not overlap, holes do not leave it."""
    outer = data.draw(_maps(data.draw(st.integers(0, 14))))
    inner = data.draw(_maps(len(outer.text)))
    both = inner.within(outer)
    at = 0
    for piece in both.pieces:
        assert at <= piece.at < piece.stop <= len(both.text)
        assert list(piece.offsets) == sorted(piece.offsets)
        at = piece.stop
    assert list(both.holes) == sorted(both.holes, key=lambda hole: hole.span)
    assert all(hole.span.start < hole.span.stop <= len(both.text) for hole in both.holes)


@examples(2)
@given(st.data())
def test_the_whole_of_a_text_is_neutral(data: st.DataObject) -> None:
    """Within a map that is the file itself, and around one that is the text itself, nothing changes."""
    length = data.draw(st.integers(0, 14))
    mapped = data.draw(_maps(length))
    file = decode(b"x" * length)
    _same(mapped.within(file), mapped)
    whole = MappedText(mapped.text, (Piece(0, range(len(mapped.text) + 1)),))
    _same(whole.within(mapped), mapped)


# -- layers


@examples(3)
@given(NEW, st.sampled_from(("'", '"', "'''", '"""')), st.sampled_from(("", "b", "r", "f", "br")))
def test_what_a_literal_writes_python_reads(text: str, quote: str, prefix: str) -> None:
    """What a literal's layer writes stands for the text, in quotes of that kind, or it is refused."""
    written = Literal(prefix, quote).write(text)
    if written is None:
        assert ("b" in prefix and not text.isascii()) or "r" in prefix
        return
    value = eval(prefix.replace("f", "") + quote + written + quote)
    assert (value.decode() if isinstance(value, bytes) else value) == text


@examples()
@given(NEW)
def test_doubled_characters_are_single_ones(text: str) -> None:
    """Braces written for str.format, and percent signs for the % operator, come out as the text."""
    braces, percent = Braces().write(text), Percent().write(text)
    assert str(braces).format() == text
    assert str(percent) % () == text


def test_verbatim_refuses_what_may_be_a_hole() -> None:
    """A text that may be a template takes no character of a hole."""
    assert Verbatim("{}").write("app.") == "app."
    assert Verbatim("{}").write("a{b") is None


def test_a_bad_charset_is_refused() -> None:
    """Bytes that are not of the charset raise UnicodeDecodeError."""
    with pytest.raises(UnicodeDecodeError):
        decode(b"\xff", "utf-8")
