"""What hypothesis draws for the laws: edits, Python files that spell a known text, SQL whose references are known.

Everything is built so that the right answer is known beforehand: a text is drawn as atoms, each with its spelling
and what it stands for; SQL is drawn as parts, each with what the rules make of it.
"""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from schema_rewriter import Edit
from schema_rewriter.edit import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Draw = Callable[[st.SearchStrategy[Any]], Any]


def examples(factor: float = 1) -> settings:
    """The profile's number of examples, times `factor`."""
    count = max(1, int(settings.default.max_examples * factor)) if settings.default else 100
    return settings(max_examples=count, suppress_health_check=[HealthCheck.too_slow], deadline=None)


# -- edits


@st.composite
def spans(draw: Draw, length: int) -> Span:
    """A span of a sequence of that length, its ends included; often empty."""
    start = draw(st.integers(0, length))
    stop = draw(st.one_of(st.just(start), st.integers(start, length), st.integers(start, min(start + 3, length))))
    return Span(start, stop)


@st.composite
def edited(draw: Draw) -> tuple[bytes, list[Edit]]:
    """A source and edits of it that neither overlap nor begin at one place, in order."""
    source = draw(st.binary(max_size=40))
    edits: list[Edit] = []
    at = 0
    for _ in range(draw(st.integers(0, 5))):
        if at > len(source):
            break
        start = draw(st.integers(at, len(source)))
        stop = draw(st.integers(start, len(source)))
        edits.append(Edit(Span(start, stop), draw(st.binary(max_size=4))))
        at = max(stop, start + 1)
    return source, edits


# -- Python files that spell a known text

CHARSETS = ("utf-8", "utf-8-sig", "latin-1", "cp1252", "iso8859-15", "koi8-r", "shift_jis", "euc_jp", "gbk", "ascii")
PREFIXES = ("", "u", "U", "r", "R", "b", "B", "br", "Rb", "f", "F", "fr", "Rf")
QUOTES = ("'", '"', "'''", '"""')
ALPHABET = "abzNx_ 1278.,;()#*=%{}'\"éßÄж表ソあ€😀\t\x0b\x0c\x1c\x7f\x85\xa0\u2028\ufeff"
NEW = st.text(st.sampled_from("abAB.\"'\\{}%$_ 17\n\r\tNxuéж表😀\x00\x85\u2028"), max_size=6)
_SIMPLE = {"\\a": "\a", "\\b": "\b", "\\f": "\f", "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\v": "\v"}
_QUOTED = {"\\\\": "\\", "\\'": "'", '\\"': '"'}
_KEPT = ("\\d", "\\w", "\\ ", "\\.", "\\%", "\\m", "\\S")  # no escapes: Python keeps the backslash
_HOLES = ("{x}", "{x!r}", "{x.y}", "{x:>10}", "{x:{w}}", "{ x }", "{x=}", "{f(x)}")
_FIELDS = ("{}", "{0}", "{x}", "{x!r}", "{x:>{w}}", "{x.y[0]}")
_CONVERSIONS = ("%s", "%d", "%(x)s", "%-5.2f")


@dataclass(frozen=True)
class Atom:
    """One unit of a literal: how it is written and what it stands for. A hole's text is not to be edited.

    `cuts`: a line continuation, no character stands for it, and a text is in two pieces around it.
    """

    source: str
    text: str
    hole: bool = False
    cuts: bool = False


@dataclass(frozen=True)
class Literal:
    """A literal of a Python file."""

    prefix: str
    quote: str
    atoms: tuple[Atom, ...]

    @property
    def source(self) -> str:
        """As it stands in the file."""
        return self.prefix + self.quote + "".join(atom.source for atom in self.atoms) + self.quote


@dataclass(frozen=True)
class Program:
    """A Python file that assigns an expression to `value`, and what it comes to.

    `template` is "%" or ".format" for a template of these, "" for none.
    """

    source: bytes
    expression: str
    text: str
    literals: tuple[Literal, ...]
    charset: str
    template: str

    @property
    def has_holes(self) -> bool:
        """Whether the value is known to the running program only."""
        return any(atom.hole for literal in self.literals for atom in literal.atoms)

    def stretches(self) -> list[tuple[Span, Literal, int, Atom]]:
        """The characters of each atom, with its literal and the number of its piece."""
        found: list[tuple[Span, Literal, int, Atom]] = []
        at = piece = 0
        for literal in self.literals:
            piece += 1
            for atom in literal.atoms:
                piece += atom.cuts
                found.append((Span(at, at + len(atom.text)), literal, piece, atom))
                at += len(atom.text)
        return found


def encodes(text: str, charset: str) -> bool:
    """Whether a charset has a spelling for a text, one that decodes to the same text."""
    try:
        return text.encode(charset).decode(charset) == text
    except UnicodeError:
        return False


@st.composite
def _atoms(draw: Draw, prefix: str, quote: str, charset: str, newline: str, template: str) -> Atom:
    """One atom of a literal of this kind."""
    kind = prefix.lower()
    raw, is_bytes = "r" in kind, "b" in kind
    special = "%" if template == "%" else "{}" if template or "f" in kind else ""
    single = len(quote) == 1
    barred = special + "\\" + (quote if single or raw else "")
    plain = [c for c in ALPHABET if c not in barred and (c.isascii() or (not is_bytes and encodes(c, charset)))]
    ways = ["plain", "plain", "plain"]
    ways += ["special", "hole"] if special else []
    ways += ["escape", "quoted", "kept", "hex", "octal", "continuation"] if not raw else ["backslash"]
    ways += ["unicode", "unicode"] if not raw and not is_bytes else []
    ways += ["newline"] if not single else []
    way = draw(st.sampled_from(ways))
    if way == "plain":
        char = draw(st.sampled_from(plain))
        return Atom(char, char)
    if way == "special":
        char = draw(st.sampled_from(special))
        if template and not raw and draw(st.booleans()):
            return Atom(char + f"\\x{ord(char):02x}", char)
        return Atom(char * 2, char)
    if way == "hole":
        code = draw(st.sampled_from(_HOLES if "f" in kind else _CONVERSIONS if special == "%" else _FIELDS))
        return Atom(code, code, hole=True)
    if way == "newline":
        return Atom(newline, "\n")
    if way == "continuation":
        return Atom("\\" + newline, "", cuts=True)
    if way == "backslash":
        both = "\\" + draw(st.sampled_from("nxN0\\" + quote[0]))
        return Atom(both, both)
    if way == "kept":
        both = draw(st.sampled_from([k for k in _KEPT if k[1] not in special]))
        if is_bytes:
            both = draw(st.sampled_from([both, "\\u0041", "\\N", "\\U"]))
        return Atom(both, both)
    if way in ("escape", "quoted"):
        source, char = draw(st.sampled_from(sorted((_SIMPLE if way == "escape" else _QUOTED).items())))
        return Atom(source, char)
    code = draw(st.integers(0, 255 if way in ("hex", "octal") else 0x10FFFF))
    if template and chr(code) in special:
        code = ord("q")
    if way == "hex":
        return Atom(f"\\x{code:02x}", chr(code))
    if way == "octal":
        return Atom(f"\\{code:o}", chr(code))
    name = unicodedata.name(chr(code), "")
    if name and draw(st.booleans()):
        return Atom("\\N{" + name + "}", chr(code))
    return Atom(f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08x}", chr(code))


def _sound(atoms: Iterable[Atom], prefix: str, quote: str) -> tuple[Atom, ...]:
    """The atoms with what would read differently side by side spelled otherwise, or left out."""
    result: list[Atom] = []
    given = list(atoms)
    for index, atom in enumerate(given):
        following = given[index + 1].source[:1] if index + 1 < len(given) else quote[0]
        if atom.source[:1] == "\\" and atom.source[1:].isdigit() and "r" not in prefix.lower():
            if following.isdigit():
                atom = Atom("\\" + atom.source[1:].rjust(3, "0"), atom.text)  # noqa: PLW2901
        elif atom.source == quote[0] and following == quote[0]:
            continue
        elif atom.source == "\\U" or (atom.source == "\\N" and following == "{"):
            continue
        result.append(atom)
    return tuple(result)


@st.composite
def programs(draw: Draw) -> Program:
    """A Python file of any charset and line end whose `value` is an expression of literals."""
    charset, newline = draw(st.sampled_from(CHARSETS)), draw(st.sampled_from(("\n", "\n", "\r\n", "\r")))
    is_bytes = draw(st.integers(0, 4)) == 0
    template = draw(st.sampled_from(("", "", "%") if is_bytes else ("", "", "%", ".format")))
    kinds = [p for p in PREFIXES if ("b" in p.lower()) == is_bytes and not (template and "f" in p.lower())]
    literals: list[Literal] = []
    for _ in range(draw(st.integers(1, 3))):
        prefix, quote = draw(st.sampled_from(kinds)), draw(st.sampled_from(QUOTES))
        atoms = draw(st.lists(_atoms(prefix, quote, charset, newline, template), max_size=7))
        literals.append(Literal(prefix, quote, _sound(atoms, prefix, quote)))
    expression = literals[0].source
    for literal in literals[1:]:
        between = draw(st.sampled_from((" ", newline + "    ", "  # users" + newline, " + ", " \\" + newline)))
        expression += between + literal.source
    if len(literals) > 1:
        expression = f"({expression})"
    tail = {"": "", "%": " % x", ".format": ".format(x, w=w, **x)"}[template]
    other = "naïve жあ" if encodes("naïve жあ", charset) else "é" if encodes("é", charset) else "plain"
    code = charset.removesuffix("-sig")
    lines = [
        "#!python",
        f"# -*- coding: {code} -*-",
        f"other = '{other}'",
        f"value = {expression}{tail}  # {other}",
        f"last = ['select', f'{other}' \"\"\"{newline}\"\"\"]",
    ]
    final = draw(st.sampled_from(("", newline)))
    bom = codecs.BOM_UTF8 if charset == "utf-8-sig" else b""
    source = bom + (newline.join(lines) + final).encode(code)
    text = "".join(atom.text for literal in literals for atom in literal.atoms)
    return Program(source, expression, text, tuple(literals), code, template)
