"""The map from a character of decoded text back to its byte in the file; knows neither Python nor SQL.

The law of this module: decode(apply(file, edits)) == apply(decode(file), edits).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.escapes import Layer

Offsets = range | tuple[int, ...]
"""Where characters begin, in the file or an outer text, and where the last one ends; a value, as all of a text is."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stands in one stretch of the file.

    `offsets[i]` is the place in the file, or in the outer text, where character `at + i` begins; one more for
    the end. `layers` are the escapes to re-enter, innermost first.
    """

    at: int
    offsets: Offsets
    layers: tuple[Layer, ...] = ()

    @property
    def stop(self) -> int:
        """The first character of the text after the piece."""
        return self.at + len(self.offsets) - 1


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch of the text that the running program fills; `expression` is its code, as written, shortened.

    `code` is where that stands in the file, in bytes, the same in all texts that it gets into; None tells nothing.
    `is_quoted`: whatever its value is, it becomes one quoted identifier. `names` are the parts of the name that it is,
    written as `arguments` of code, between the quotes at `bounds`. `values` are names that it stands for, and
    `fixed` tells why these must stay as they are where they stand. `schema` is the schema of the name that it is,
    where only that is known.
    """

    span: Span
    expression: str
    values: tuple[MappedText, ...] = ()
    fixed: str = ""
    code: Span | None = None
    is_quoted: bool = False
    arguments: MappedText | None = None
    names: tuple[str, ...] = ()
    bounds: tuple[Span, ...] = ()
    schema: str = ""


@dataclass(frozen=True, slots=True)
class MappedText:
    """A text, where its characters stand, and its holes; pieces and holes in order, without overlap.

    Characters outside all pieces (a join's separator, an operand that is code) can't be edited. `charset` is the
    codec of the file; only a text whose offsets are bytes has one.
    """

    text: str
    pieces: tuple[Piece, ...]
    holes: tuple[Hole, ...] = ()
    charset: str = "utf-8"
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", tuple(piece.at for piece in self.pieces))

    @property
    def _is_its_place(self) -> bool:
        """Whether each character stands at its own number: a file in ASCII."""
        return self.pieces == (Piece(0, range(len(self.text) + 1)),) and not self.holes

    @property
    def stretches(self) -> list[Span]:
        """Where its pieces stand in the file, in bytes."""
        return [Span(piece.offsets[0], piece.offsets[-1]) for piece in self.pieces]

    def piece(self, span: Span) -> Piece | None:
        """The piece that holds all characters of `span`; for an empty span, the one that its next character is in."""
        index = bisect_right(self._starts, span.start) - 1
        if index < 0:
            return None
        piece = self.pieces[index]
        if span.start < piece.stop and span.stop <= piece.stop:
            return piece
        if span.start == span.stop == piece.stop:
            return piece  # the very end of the text, or of a piece before a gap
        return None

    def place(self, span: Span) -> Span | None:
        """Where a span of characters stands in the file, in bytes; the first and the last piece it touches decide.

        None where no character of it stands in the file.
        """
        if piece := self.piece(span):
            offsets = piece.offsets
            return Span(offsets[span.start - piece.at], offsets[span.stop - piece.at])
        ends = [
            (
                piece.offsets[max(span.start, piece.at) - piece.at],
                piece.offsets[min(span.stop, piece.stop) - piece.at],
            )
            for piece in self.pieces
            if span.start < piece.stop and piece.at < span.stop
        ]
        return Span(min(start for start, _ in ends), max(stop for _, stop in ends)) if ends else None

    def near(self, span: Span) -> Span | None:
        """Where a span stands in the file, in bytes; what stands next to it in the text, where no character of it does.

        That is the piece before it, or else the one behind it. None for a text that stands nowhere.
        """
        if (found := self.place(span)) is not None or not self.pieces:
            return found
        before = [piece for piece in self.pieces if piece.stop <= span.start and piece.at < piece.stop]
        piece = before[-1] if before else self.pieces[0]
        return Span(piece.offsets[0], piece.offsets[-1])

    def places(self, span: Span) -> list[Span]:
        """All stretches of the file, in bytes, in which characters of a span stand."""
        found = []
        for piece in self.pieces:
            start, stop = max(span.start, piece.at), min(span.stop, piece.stop)
            if start < stop:
                found.append(Span(piece.offsets[start - piece.at], piece.offsets[stop - piece.at]))
        return found

    def edit(self, span: Span, new: str) -> Edit | None:
        """The edit of the file, in bytes, that replaces the characters of `span` by `new`.

        None where that can't be written: the span crosses two pieces (a name split over two literals) or touches a
        hole, or a layer or the file's charset has no spelling for `new`.
        """
        piece = self.piece(span)
        if piece is None or any(span.overlaps(hole.span) for hole in self.holes):
            return None
        if span.start == span.stop and any(hole.span.start < span.start < hole.span.stop for hole in self.holes):
            return None
        for layer in piece.layers:
            written = layer.write(new)
            if written is None:
                return None
            new = written
        try:
            encoded = new.encode(self.charset)
        except UnicodeEncodeError:
            return None
        return Edit(Span(piece.offsets[span.start - piece.at], piece.offsets[span.stop - piece.at]), encoded)

    def within(self, outer: MappedText) -> MappedText:
        """This text, whose offsets are characters of `outer`, with offsets of what `outer` stands in."""
        if outer._is_its_place:
            return replace(self, charset=outer.charset)
        pieces: list[Piece] = []
        for piece in self.pieces:
            pieces.extend(_compose(piece, outer))
        own = [_hole_within(hole, outer) for hole in self.holes]
        holes = [*own, *self._inherited(outer.holes)]
        holes.sort(key=lambda hole: hole.span)
        return MappedText(self.text, tuple(pieces), tuple(holes), outer.charset)

    def _inherited(self, holes: Iterable[Hole]) -> Iterable[Hole]:
        for hole in holes:
            for piece in self.pieces:
                count = len(piece.offsets) - 1  # the last offset is the end, no character
                start = bisect_left(piece.offsets, hole.span.start, 0, count)
                stop = bisect_left(piece.offsets, hole.span.stop, 0, count)
                if start < stop:
                    yield replace(hole, span=Span(piece.at + start, piece.at + stop))


def _hole_within(hole: Hole, outer: MappedText) -> Hole:
    if hole.code is None and hole.arguments is None and not hole.values:
        return hole
    values = tuple(value.within(outer) for value in hole.values)
    code = hole.code and outer.place(hole.code)
    return replace(hole, values=values, arguments=hole.arguments and hole.arguments.within(outer), code=code)


def _compose(piece: Piece, outer: MappedText) -> Iterable[Piece]:
    """The piece with offsets of what `outer` stands in, cut where the pieces of `outer` are cut."""
    count = len(piece.offsets) - 1
    first = 0
    while first < count:
        home = outer.piece(Span(piece.offsets[first], piece.offsets[first] + 1))
        if home is None:
            first += 1  # a character that stands nowhere in the file
            continue
        last = bisect_left(piece.offsets, home.stop, first, count)
        inner = piece.offsets[first : last + 1]
        if isinstance(inner, range) and inner.step == 1:
            offsets = home.offsets[inner.start - home.at : inner.stop - home.at]
            if len(offsets) < len(inner):
                offsets = (*offsets, home.offsets[-1])
        else:
            offsets = tuple(home.offsets[min(at, home.stop) - home.at] for at in inner)
        yield Piece(piece.at + first, offsets, piece.layers + home.layers)
        first = last


def decode(source: bytes, charset: str = "utf-8", skip: int = 0) -> MappedText:
    """The text of a file from byte `skip` on, with its bytes; line ends are left as they are.

    Raises UnicodeDecodeError for bytes that are not of the charset, and ValueError for a charset in which the
    text does not encode back to the same bytes (a stateful one, or one with two spellings for a character).
    """
    body = source[skip:]
    text = body.decode(charset)
    if len(text) == len(body):
        offsets: Offsets = range(skip, skip + len(text) + 1)
    else:
        at, places = skip, [skip]
        for char in text:
            at += len(char.encode(charset))
            places.append(at)
        offsets = tuple(places)
    if text.encode(charset) != body or offsets[-1] != len(source):
        raise ValueError(f"the text does not encode back to the same bytes in {charset}")
    return MappedText(text, (Piece(0, offsets),), (), charset)
