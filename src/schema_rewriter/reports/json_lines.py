"""The report for programs that read line by line: a JSON object for each finding and each file not judged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from schema_rewriter.reports.json import notices, results

if TYPE_CHECKING:
    from schema_rewriter.finding import Report


def render(report: Report) -> str:
    """The findings of the JSON report, each with its `path`; a file that could not be judged has `path` and `error`.

    Last come the notices, each as a `notice`.
    """
    lines = []
    for result in results(report):
        if result["error"] is not None:
            lines.append({"path": result["path"], "error": result["error"]})
        lines += [{"path": result["path"], **finding} for finding in result["findings"]]
        lines += [{"path": result["path"], **finding} for finding in result["suppressed"]]
    lines += [{"notice": notice} for notice in notices(report)]
    return "".join(f"{json.dumps(line)}\n" for line in lines)
