"""What was proved, kept in a file that can be committed: a run without a server sees whether anything changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema_rewriter.errors import FileError
from schema_rewriter.postgres.verify.verify import STATUSES, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from schema_rewriter.postgres.verify.claims import Claim

FORMAT = 1
"""Of the file. A change of what a proof means is a change of this number."""


@dataclass(frozen=True, slots=True)
class ProvedResults:
    """The results in such a file, by fingerprint, and `layout`, the fingerprint of the schema they were made on."""

    layout: str = ""
    results: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def result(self, claim: Claim) -> Result | None:
        """What is known of a claim, on this layout."""
        found = self.results.get(claim.fingerprint(self.layout))
        return None if found is None else Result(claim, *found)


def load(path: Path) -> ProvedResults:
    """The results of a file; none if it is not there. Raises FileError for one that is no such file."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return ProvedResults()
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}; name a file that can be read") from None
    except ValueError:
        raise FileError(f"{path}: no JSON; delete it and verify again with a server") from None
    try:
        if document["format"] != FORMAT:
            return ProvedResults()
        results = {str(key): [str(text) for text in value] for key, value in document["results"].items()}
        if any(len(value) != 3 or value[0] not in STATUSES for value in results.values()):
            raise ValueError
        return ProvedResults(str(document["layout"]), results)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise FileError(f"{path}: not what `verify --cache` writes; delete it and verify again with a server") from None


def save(path: Path, layout: str, results: Iterable[Result]) -> None:
    """Write the results, sorted: an equal proof is an equal file. Raises FileError."""
    kept = {result.claim.fingerprint(layout): [result.status, result.reason, result.window] for result in results}
    document = {"format": FORMAT, "layout": layout, "results": dict(sorted(kept.items()))}
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise FileError(f"{path}: {error.strerror}; name a file that can be written") from None


def all_known(claims: Sequence[Claim], known: ProvedResults) -> tuple[list[Result], list[Claim]]:
    """The results that are known, and the claims that are not."""
    results: list[Result] = []
    left: list[Claim] = []
    for claim in claims:
        result = known.result(claim)
        if result is None:
            left.append(claim)
        else:
            results.append(result)
    return results, left
