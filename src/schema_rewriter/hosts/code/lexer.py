"""The string literals of a text in some language, by the table languages.toml; knows no SQL and no file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from schema_rewriter.edit import Span
from schema_rewriter.package_data import load_table

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEEPEST = 20
"""How many strings may stand within the holes of each other; what is deeper is no literal."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A string literal: all of it, what stands between its quotes, its holes with their marks, its escapes."""

    span: Span
    body: Span
    holes: tuple[Span, ...] = ()
    escapes: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _Form:
    open: str
    close: str
    inner: str
    lines: bool
    below: bool


@dataclass(frozen=True, slots=True)
class Language:
    """How a language writes strings. `join` is what puts two together, `format` what a call fills in them.

    `code` finds what holds strings or may not be read for some, `hole` the brackets of code within a string too;
    `begins` is a faster search for the places where they may fit.
    """

    name: str
    join: str
    format: str
    starts: str
    code: re.Pattern[str]
    hole: re.Pattern[str]
    begins: re.Pattern[str] | None
    forms: Mapping[str, _Form]


@cache
def table() -> dict[str, Any]:
    """What languages.toml says."""
    return load_table(__package__, "languages.toml")


@cache
def by_suffix() -> dict[str, str]:
    """The names of the languages by the suffixes of their files."""
    return {suffix: row["name"] for row in table()["language"] for suffix in row.get("suffixes", ())}


@cache
def language(name: str) -> Language:
    """The language of a name."""
    rows = {row["name"]: row for row in table()["language"]}
    row = rows[name]
    row = rows[row["like"]] | row if "like" in row else row
    forms = {form.replace("-", "_"): _form(table()["form"][form]) for form in row["forms"]}
    ways = [f"(?P<{form}>{_unnamed(one.open)})" for form, one in forms.items()]
    code = "|".join([f"(?P<skip>{'|'.join(row['skip'])})", *ways])
    compiled = re.compile(code, re.MULTILINE), re.compile(rf"{code}|(?P<brace>[{{}}()])", re.MULTILINE)
    begins = re.compile(row["begins"]) if "begins" in row else None
    return Language(name, row.get("join", ""), row.get("format", ""), row.get("starts", ""), *compiled, begins, forms)


def _unnamed(pattern: str) -> str:
    """A pattern without the name of its group, which another one may have."""
    return pattern.replace("(?P<fence>", "(?:")


def _form(row: Mapping[str, Any]) -> _Form:
    inner = [f"(?P<{name}>{row[name]})" for name in ("escape", "holes", "names") if name in row]
    if "doubled" in row:
        inner.insert(0, f"(?P<doubled>{row['doubled']}{row['doubled']})")
    return _Form(row["open"], row["close"], "|".join(inner), row.get("lines", False), row.get("below", False))


@cache
def _body(close: str, inner: str, lines: bool) -> re.Pattern[str]:
    ways = [inner, f"(?P<close>{close})", *(() if lines else (r"(?P<line_end>\n)",))]
    return re.compile("|".join(filter(None, ways)), re.MULTILINE | re.DOTALL)


def literals(text: str, spoken: Language) -> list[Literal]:
    """The string literals of a text, in order; those within holes of others too."""
    first = re.search(spoken.starts, text) if spoken.starts else None
    if spoken.starts and first is None:
        return []
    scan = _Scan(text, spoken)
    scan.code(first.end() if first else 0, None, 0)
    return sorted(scan.found, key=lambda one: one.span)


@dataclass(slots=True)
class _Scan:
    """One way through a text."""

    text: str
    spoken: Language
    found: list[Literal] = field(default_factory=list)

    def code(self, at: int, closing: str | None, depth: int) -> int:
        """Where code ends that begins there: at the brace that closes it, or with the text."""
        opening = {"}": "{", ")": "("}.get(closing or "", "")
        open_braces = 1
        while (seen := self._next(at, closing)) is not None:
            at = max(seen.end(), at + 1)
            kind = seen.lastgroup or ""
            if kind == "brace":
                open_braces += (seen[0] == opening) - (seen[0] == closing)
                if not open_braces:
                    return at
            elif kind != "skip":
                at = self._string(seen, self.spoken.forms[kind], depth)
        return len(self.text)

    def _next(self, at: int, closing: str | None) -> re.Match[str] | None:
        """What begins next that is no plain code."""
        if closing:
            return self.spoken.hole.search(self.text, at)
        if self.spoken.begins is None:
            return self.spoken.code.search(self.text, at)
        while (sign := self.spoken.begins.search(self.text, at)) is not None:
            if (seen := self.spoken.code.match(self.text, sign.start())) is not None:
                return seen
            at = sign.end()
        return None

    def _string(self, seen: re.Match[str], form: _Form, depth: int) -> int:
        """Where the string ends that opens there; behind its opening, if it never ends."""
        opened = re.compile(form.open).match(self.text, seen.start())
        fence = opened["fence"] if opened and "fence" in opened.groupdict() else ""
        pattern = _body(form.close.replace("{fence}", re.escape(fence)), form.inner, form.lines)
        start = at = self.text.find("\n", seen.end()) + 1 if form.below else seen.end()
        kept = len(self.found)
        holes: list[Span] = []
        escapes: list[Span] = []
        while (part := pattern.search(self.text, at)) is not None:
            at, kind = part.end(), part.lastgroup
            if kind == "close":
                body = Span(start, max(part.start(), start))
                self.found.append(Literal(Span(seen.start(), at), body, tuple(holes), tuple(escapes)))
                return at
            if kind == "line_end" or depth > _DEEPEST or not start:
                break
            if kind == "holes":
                at = self.code(at, ")" if part[0].endswith("(") else "}", depth + 1)
            (escapes if kind in ("escape", "doubled") else holes).append(Span(part.start(), at))
        del self.found[kept:]
        return seen.end()
