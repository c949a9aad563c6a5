"""Which findings a project wants to hear of, by code and path; knows no file and no settings file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.finding import naming
from schema_rewriter.rules import globs

if TYPE_CHECKING:
    from schema_rewriter.finding import FileResult, Finding, Report


@dataclass(frozen=True, slots=True)
class Selection:
    """The codes that are wanted (none: all), those that are not, and those that are not in files of some globs."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def wants(self, result: FileResult, finding: Finding) -> bool:
        """Whether a finding of a file is wanted; paths and globs are relative to the project's root."""
        code = finding.code
        if naming(code, self.ignore) or (self.select and not naming(code, self.select)):
            return False
        return not any(
            naming(code, codes) and globs.matches(result.path, (glob,)) for glob, codes in self.per_file_ignores
        )

    def narrowed(self, report: Report) -> Report:
        """The report with the findings that are wanted only."""
        if not (self.select or self.ignore or self.per_file_ignores):
            return report
        return report.narrowed(self.wants, "ignored")
