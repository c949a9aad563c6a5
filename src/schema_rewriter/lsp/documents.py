"""Places of a file as the language server protocol counts them, and findings as its values; knows no server."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types

from schema_rewriter.codes import codes
from schema_rewriter.reports.places import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.edit import Edit, Span
    from schema_rewriter.finding import Finding

_SEVERITY = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}


@dataclass(frozen=True, slots=True)
class Positions:
    """The map between the bytes of a file and positions, whose columns are counted in the units of an encoding."""

    source: bytes
    lines: Lines
    encoding: str

    @staticmethod
    def of(source: bytes, encoding: str) -> Positions:
        """That of what a file holds."""
        return Positions(source, Lines.of(source), encoding)

    def position(self, byte: int) -> types.Position:
        """Where a byte stands."""
        line = bisect_right(self.lines.starts, byte) - 1
        before = self.source[self.lines.starts[line] : byte].decode("utf-8", "replace")
        return types.Position(line, _units(before, self.encoding))

    def byte(self, position: types.Position) -> int:
        """The byte at a position; the end of its line for one behind that."""
        line = min(position.line, len(self.lines.starts) - 1)
        at = self.lines.starts[line]
        units = 0
        for char in self.source[at:].partition(b"\n")[0].decode("utf-8", "replace"):
            if units >= position.character:
                break
            units += _units(char, self.encoding)
            at += len(char.encode())
        return at

    def range(self, span: Span) -> types.Range:
        """Where a span stands."""
        return types.Range(self.position(span.start), self.position(span.stop))

    def text_edits(self, edits: Iterable[Edit]) -> list[types.TextEdit]:
        """Edits, each once, in order."""
        ordered = sorted(set(edits))
        return [types.TextEdit(self.range(edit.span), edit.new.decode("utf-8", "replace")) for edit in ordered]

    def diagnostic(self, finding: Finding, docs: str = "") -> types.Diagnostic:
        """A finding, with the link to what its code means in the documentation, if somebody says where that is."""
        reason = f" ({finding.reason})" if finding.reason else ""
        return types.Diagnostic(
            self.range(finding.span),
            finding.message + reason,
            _SEVERITY[codes()[finding.code].level],
            finding.code,
            types.CodeDescription(f"{docs.rstrip('/')}/findings.html#{finding.code}") if docs else None,
            "schema-rewrite",
        )


def _units(text: str, encoding: str) -> int:
    if encoding == "utf-8":
        return len(text.encode())
    return len(text) if encoding == "utf-32" else len(text.encode("utf-16-le")) // 2
