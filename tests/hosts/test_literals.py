"""The law of the map through Python: decode(apply(file, edits)) == apply(decode(file), edits), for every literal.

Files are drawn as spellings of a known text (strategies.programs), so that neither the text nor what may be
edited is taken from the code under test; Python's own evaluation checks the drawing.
"""

from __future__ import annotations

import ast
import codecs
import warnings
from typing import TYPE_CHECKING

from helpers.strategies import NEW, Literal, Program, encodes, examples, programs, spans
from hypothesis import assume, given
from hypothesis import strategies as st

from schema_rewriter.edit import Span, apply
from schema_rewriter.hosts import Hosted, Place
from schema_rewriter.hosts.python.pythonfile import PythonFile

if TYPE_CHECKING:
    from schema_rewriter.text import MappedText


def _value(hosted: Hosted) -> MappedText | None:
    """The text of what the file assigns to `value`."""
    places = [embedded for embedded in hosted.texts if Place("value", names=("value",)) in embedded.places]
    assert len(places) <= 1
    return places[0].text if places else None


def _rest(hosted: Hosted) -> list[tuple[str, tuple[Place, ...]]]:
    """Everything else that a file says."""
    mine = Place("value", names=("value",))
    return [(item.text.text, item.places) for item in hosted.texts if mine not in item.places]


def _read(program: Program) -> MappedText | None:
    """The program's text; None for an empty one, and where LibCST is known not to give the file back."""
    hosted = PythonFile(program.source).hosted
    if hosted.error:
        assert b"\r" in program.source.replace(b"\r\n", b"")
        return None
    return _value(hosted)


def _evaluated(source: bytes) -> str | None:
    """What Python makes of `value`, with nothing filled in; bytes as latin-1. None where that takes the program."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
        assign = next(
            node
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(name := node.targets[0], ast.Name) and name.id == "value"
        )
        code = assign.value
        if isinstance(code, ast.BinOp) and isinstance(code.op, ast.Mod):
            code.right = ast.Tuple([], ast.Load())
        if isinstance(code, ast.Call):
            code.args, code.keywords = [], []
        names = [node for node in ast.walk(code) if isinstance(node, ast.Name)]
        if names:
            return None
        expression = ast.fix_missing_locations(ast.Expression(code))
        value = eval(compile(expression, "value", "eval"), {})
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


@examples(6)
@given(programs())
def test_the_text_is_what_python_makes_of_it(program: Program) -> None:
    """A text without holes is the value that Python gives the expression, and with holes the known one."""
    text = _read(program)
    if not program.has_holes:
        assert _evaluated(program.source) == program.text
    if text is not None:
        assert text.text == program.text
        assert codecs.lookup(text.charset).name == codecs.lookup(program.charset).name
    elif b"\r" not in program.source:
        assert program.text == ""


@examples(3)
@given(programs())
def test_pieces_and_holes_are_in_order(program: Program) -> None:
    """Pieces and holes do not overlap and stand in the order of the text; a piece's bytes never run back."""
    text = _read(program)
    if text is None:
        return
    at = 0
    for piece in text.pieces:
        assert at <= piece.at < piece.stop <= len(text.text)
        assert list(piece.offsets) == sorted(piece.offsets)
        assert piece.offsets[-1] <= len(program.source)
        at = piece.stop
    at = 0
    for hole in text.holes:
        assert at <= hole.span.start < hole.span.stop <= len(text.text)
        at = hole.span.stop
    holes = [span for span, _, _, atom in program.stretches() if atom.hole]
    if program.template != "%":
        assert [hole.span for hole in text.holes] == holes


@examples(3)
@given(programs())
def test_each_character_stands_at_its_spelling(program: Program) -> None:
    """The bytes that a character is placed at are those of its atom, escapes included."""
    text = _read(program)
    if text is None:
        return
    for span, _, _, atom in program.stretches():
        place = text.place(span) if atom.text else None
        if place is not None:
            assert program.source[place.start : place.stop].decode(program.charset) == atom.source


def _may_be_refused(program: Program, span: Span, new: str) -> bool:
    """Whether there is a reason to refuse an edit: two pieces, a hole, or a literal that can't hold the new text."""
    touched = [
        (where, literal, piece, atom)
        for where, literal, piece, atom in program.stretches()
        if where.start <= span.stop and span.start <= where.stop
    ]
    covered = {piece for where, _, piece, _ in touched if where.overlaps(span)}
    split = any(where.start < edge < where.stop for where, _, _, _ in touched for edge in (span.start, span.stop))
    holes = any(atom.hole and (where.overlaps(span)) for where, _, _, atom in touched)
    unwritable = any(not _holds(literal, program.template, new) for _, literal, _, _ in touched)
    return split or holes or len(covered) > 1 or unwritable or not encodes(new, program.charset)


def _holds(literal: Literal, template: str, new: str) -> bool:
    """Whether a literal can hold a text; a sign of templates only where the template it is for is known."""
    prefix = literal.prefix.lower()
    doubled = {"%": "%", ".format": "{}"}.get(template, "{}" if "f" in prefix else "")
    if any(char in "{}%" and char not in doubled for char in new):
        return False
    if "b" in prefix and not new.isascii():
        return False
    return "r" not in prefix or not any(c in "\\\x7f" + literal.quote[0] or c < " " for c in new)


def _check(program: Program, text: MappedText, span: Span, new: str) -> None:
    """The law, for one edit."""
    edit = text.edit(span, new)
    if edit is None:
        assert _may_be_refused(program, span, new), f"refused: {span} {new!r}"
        return
    after = apply(program.source, [edit])
    wanted = program.text[: span.start] + new + program.text[span.stop :]
    before, hosted = PythonFile(program.source).hosted, PythonFile(after).hosted
    assert hosted.error is None, after
    changed = _value(hosted)
    assert (changed.text if changed else "") == wanted, after
    assert _rest(hosted) == _rest(before)
    assert hosted.imports == before.imports
    if not program.has_holes:
        assert _evaluated(after) == wanted, after


def _drawn(data: st.DataObject) -> tuple[Program, MappedText]:
    program = data.draw(programs())
    text = _read(program)
    assume(text is not None and text.text)
    if text is None:
        raise AssertionError
    return program, text


@examples(7)
@given(st.data())
def test_an_insertion_before_an_atom_is_the_insertion_of_its_text(data: st.DataObject) -> None:
    """What the rewriter does: a name or a qualifier is put before a character, or takes the place of letters."""
    program, text = _drawn(data)
    stretches = [span for span, _, _, atom in program.stretches() if atom.text]
    span = data.draw(st.sampled_from(stretches))
    new = data.draw(NEW.filter(lambda new: new and not new[0].isdigit()))
    _check(program, text, Span(span.start, span.start), new)


@examples(7)
@given(st.data())
def test_a_replacement_of_atoms_is_the_replacement_of_their_text(data: st.DataObject) -> None:
    """What the rewriter does: whole characters, escapes included, are replaced by a name."""
    program, text = _drawn(data)
    stretches = [span for span, _, _, atom in program.stretches() if atom.text]
    first = data.draw(st.integers(0, len(stretches) - 1))
    last = data.draw(st.integers(first, min(first + 4, len(stretches) - 1)))
    new = data.draw(NEW.filter(lambda new: new and not new[0].isdigit()))
    _check(program, text, Span(stretches[first].start, stretches[last].stop), new)


@examples(7)
@given(st.data())
def test_any_edit_of_the_file_is_the_edit_of_its_text_or_does_not_pass_the_proof(data: st.DataObject) -> None:
    """Any span, any new text, deletions too: refused, or it reads as the edited text, or the proof refuses it.

    The proof has to: what stays may come together to something else (a backslash and its letter, two quotes).
    """
    program, text = _drawn(data)
    span, new = data.draw(spans(len(text.text))), data.draw(NEW)
    edit = text.edit(span, new)
    if edit is None:
        assert _may_be_refused(program, span, new)
        return
    after = apply(program.source, [edit])
    if PythonFile(program.source).difference(after, [edit]) is None:
        wanted = program.text[: span.start] + new + program.text[span.stop :]
        assert program.template or program.has_holes or _evaluated(after) == wanted
        changed = _value(PythonFile(after).hosted)
        made = changed.text if changed else ""
        assert made == wanted or (program.template == "%" and made.replace("%%", "%") == wanted.replace("%%", "%"))
