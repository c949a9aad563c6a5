"""`other-file`: code in another language, a document or settings name a relation that moves; told, and not edited."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter.finding import Applicability, Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.reading import SourceFile


def instead(file: SourceFile, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings, but that what stands in texts which are only told has no edits, and says what it stands in."""
    told = sorted(
        (stretch.start, stretch.stop, one.told)
        for one in (file.host.hosted.texts if found else ())
        if one.told
        for stretch in one.text.stretches
    )
    if not told:
        return tuple(found)
    says = file.rules.mentioned(file.source.decode("utf-8", "replace"))
    made = (_told(one, told[bisect_right(told, (one.span.start, len(file.source), "")) - 1], says) for one in found)
    return tuple(one for one in made if one is not None)


def _told(finding: Finding, at: tuple[int, int, str], says: bool) -> Finding | None:
    """The finding as it is told, if it stands in this stretch of the file.

    A name that only the program knows is worth telling only where the file says one that moves.
    """
    start, stop, kind = at
    if not start <= finding.span.start <= stop or finding.is_note:
        return finding
    if finding.code == "dynamic-relation" and not says:
        return None
    bare = replace(finding, edits=(), applicability=Applicability.MANUAL)
    if finding.relation is None or finding.target is None:
        return bare
    reason = f"{kind} is not edited; write {finding.target}"
    is_doubtful = finding.reason and finding.code != "unwritable-name"
    doubt = f" ({finding.reason})" if is_doubtful else ""
    return replace(bare, code="other-file", reason=reason + doubt)
