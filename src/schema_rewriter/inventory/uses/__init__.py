"""Which relations a file names at all, moved or not, and the statements it holds. Decides nothing, edits nothing.

The same readers as for the rewriter are asked for every name there can be (`sql.EVERY`).
"""

from __future__ import annotations

from schema_rewriter.inventory.uses.definitions import owned, types
from schema_rewriter.inventory.uses.gathering import uses
from schema_rewriter.inventory.uses.statements import Extracted, statements
from schema_rewriter.inventory.uses.use import IN_CODE, OPERATIONS, Use, Uses

__all__ = ["IN_CODE", "OPERATIONS", "Extracted", "Use", "Uses", "owned", "statements", "types", "uses"]
