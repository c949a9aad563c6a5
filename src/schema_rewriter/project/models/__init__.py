"""Models of a run: the tables that classes and calls define, all that names them, and what is to be edited where."""

from schema_rewriter.project.models.grouping import models, with_models
from schema_rewriter.project.models.settings import sought
from schema_rewriter.project.models.wanted import wanted_modules

__all__ = ["models", "sought", "wanted_modules", "with_models"]
