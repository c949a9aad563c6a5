"""Laws of edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.strategies import edited, examples, spans
from hypothesis import given
from hypothesis import strategies as st

from schema_rewriter import Edit
from schema_rewriter.edit import Span, apply, inverse

if TYPE_CHECKING:
    from collections.abc import Sequence


def _naive(source: bytes, edits: Sequence[Edit]) -> bytes:
    """The edits one after the other, from the back."""
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        source = source[: edit.span.start] + edit.new + source[edit.span.stop :]
    return source


@examples(3)
@given(edited(), st.data())
def test_order_and_repetition_do_not_matter(case: tuple[bytes, list[Edit]], data: st.DataObject) -> None:
    """In whatever order edits come, and however often, the result is that of making them from the back."""
    source, edits = case
    shuffled = data.draw(st.permutations([*edits, *edits]))
    assert apply(source, shuffled) == _naive(source, edits)


@examples(3)
@given(edited())
def test_the_inverse_undoes(case: tuple[bytes, list[Edit]]) -> None:
    """Applying the inverse edits to the result gives the source, and their inverse is the edits again."""
    source, edits = case
    after = apply(source, edits)
    undo = inverse(source, edits)
    assert apply(after, undo) == source
    assert apply(source, inverse(after, undo)) == after


@examples(3)
@given(st.data())
def test_overlap_is_refused(data: st.DataObject) -> None:
    """Two different edits that share a byte, or that begin at one place, are refused; all others are made."""
    source = data.draw(st.binary(max_size=12))
    one, other = (Edit(data.draw(spans(len(source))), data.draw(st.binary(max_size=2))) for _ in range(2))
    clash = one.span.overlaps(other.span) or one.span.start == other.span.start
    inside = any(
        a.span.start < b.span.start < a.span.stop for a, b in ((one, other), (other, one))
    )  # an insertion within a replaced stretch
    if one != other and (clash or inside):
        with pytest.raises(ValueError, match="overlap"):
            apply(source, [one, other])
    else:
        assert apply(source, [other, one]) == _naive(source, list({one, other}))


@examples()
@given(st.binary(max_size=8), st.integers(0, 4), st.integers(1, 4))
def test_an_edit_beyond_the_source_is_refused(source: bytes, back: int, over: int) -> None:
    """A span that ends beyond the source is refused, wherever it begins."""
    stop = len(source) + over
    with pytest.raises(ValueError, match="ends at byte"):
        apply(source, [Edit(Span(max(0, stop - back), stop), b"x")])


@examples()
@given(st.integers(-3, 6), st.integers(-3, 6))
def test_a_span_runs_forward(start: int, stop: int) -> None:
    """A span is made only of 0 <= start <= stop."""
    if 0 <= start <= stop:
        assert Span(start, stop).covers(Span(start, stop))
    else:
        with pytest.raises(ValueError, match="not a span"):
            Span(start, stop)


@examples(2)
@given(spans(9), spans(9))
def test_spans_overlap_and_cover_as_sets_of_units(one: Span, other: Span) -> None:
    """`overlaps` is a common unit; `covers` is, for spans that are not empty, the superset."""
    left, right = set(range(one.start, one.stop)), set(range(other.start, other.stop))
    if left and right:
        assert one.overlaps(other) == bool(left & right)
        assert one.covers(other) == (left >= right)
    assert one.overlaps(other) == other.overlaps(one)
