"""`generated-file`: a file that a program makes, or that comes from elsewhere, names what moves; it is not edited."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.finding import Finding
from schema_rewriter.rules import globs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.reading import SourceFile

_FOLDERS = frozenset(
    (
        *("vendor", "vendored", "_vendor", "_vendored", "third_party", "third-party", "thirdparty", "3rdparty"),
        *("build", "dist", "_build", "site-packages", "dist-packages", "bower_components"),
    )
)
_HEAD = 20
"""The first lines of a file, in which programs say that they made it."""
_MARK = re.compile(
    rb"^[ \t]*(?:#|--|//|/?\*|\"\"\"|'''|;).*?("
    rb"(?:\bDO NOT (?:EDIT|MODIFY)|(?-i:\bD(?:O NOT CHANGE|o not change)))\b"
    rb"(?=\s*(?:$|[.!:;,*(-]|THIS FILE\b|BY HAND\b|MANUALLY\b|DIRECTLY\b|IT\b|OR\b))"
    rb"|@generated\b|\bcode generated (?:by|from)\b|\bauto(?:-?|matically )generated (?:by|from)\b)",
    re.IGNORECASE,
)


def why(file: SourceFile) -> str:
    """Why a file is taken for one that is not edited by hand, in words; empty for one that is."""
    told = globs.verdict(file.path, file.rules.generated)
    if told is not None:
        return "the rules say that it is made by a program" if told else ""
    folder = next((part for part in file.path.split("/")[:-1] if part.lower() in _FOLDERS), None)
    if folder is not None:
        return f"it lies in {folder}/"
    found = next((match for line in file.source.split(b"\n", _HEAD)[:_HEAD] if (match := _MARK.match(line))), None)
    return f"its head says {found[1].decode('ascii')!r}" if found else ""


def instead(found: Sequence[Finding], reason: str, path: str) -> tuple[Finding, ...]:
    """What is told of such a file in place of its findings: one, at the first place that a person has to know of."""
    asks = [finding for finding in found if not finding.is_note]
    if not asks:
        return tuple(found)
    message = f"names what moves in {len(asks)} place{'s' * (len(asks) != 1)}, and is not edited"
    remedy = f'{reason}; change what it is made from, or say generated = ["!{path}"] in the rules to have it edited'
    first = asks[0]
    return (Finding("generated-file", message, first.span, first.relation, first.target, reason=remedy),)
