"""What the files of a run tell each other: facts of each file, linked into what each gets from the others.

`facts` is asked once for each file, in any process; `link` once, of all of them; the `Context` of a file then goes to
`rewriter.rewrite`. All three are values. A file that is rewritten without a context is one that stands alone.
Knows no process and no disk.
"""

from __future__ import annotations

from schema_rewriter.project.context import ALONE, Context
from schema_rewriter.project.facts import Facts, facts
from schema_rewriter.project.link import link, texts

__all__ = ["ALONE", "Context", "Facts", "facts", "link", "texts"]
