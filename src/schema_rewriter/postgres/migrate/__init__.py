"""Migrations: what must be done in the database so that the rules hold there, as phases of steps, and as files.

Pure: opens no file and no connection. `plan` makes the phases of the rules and, if there is one, a catalog; `scripts`
writes them down.
"""

from schema_rewriter.postgres.migrate.phases import Phase, Phases
from schema_rewriter.postgres.migrate.plan import moves_of, plan
from schema_rewriter.postgres.migrate.steps import Step

__all__ = ["Phase", "Phases", "Step", "moves_of", "plan"]
