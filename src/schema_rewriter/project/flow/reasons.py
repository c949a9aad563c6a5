"""Why a literal must not be edited, by its uses; what else than SQL gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_rewriter.reading.joints import put_behind

if TYPE_CHECKING:
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.glue import Glue
    from schema_rewriter.project.flow.graph import SinkUse
    from schema_rewriter.project.flow.names import Holes, Name
    from schema_rewriter.project.flow.trace import Tracer
    from schema_rewriter.rules import RuleSet


class Reasons:
    """What speaks against editing literals."""

    def __init__(self, holes: Holes, tracer: Tracer, rules: RuleSet, glue: Glue) -> None:
        self.holes, self.tracer, self.rules, self.glue = holes, tracer, rules, glue
        self.graph = holes.graph
        self._beyonds: dict[Node, str] = {}

    def against(self, name: Name) -> str:
        """Why a literal must not be edited; "" if nothing speaks against it but messages that say it, too."""
        if name.target is None:
            return "it moves only behind its schema"
        if name.literal.span is None:
            return "a name in a hole of a text, or in a type, can't be edited"
        for node in sorted(name.trace.quotes):
            path, quote = self.graph.quotes[node]
            return f"it is quoted as one name ({path}:{quote.line})"
        if name.is_quoted:
            return "a call quotes it as one name, too"
        if how := self.glue.behind(name.node, name.literal.write_path, is_name=True):
            return put_behind(name.relation.name, how)
        reasons = (self._against_use(name, use) for use in sorted(name.trace.uses, key=order))
        return next(filter(None, reasons), "")

    def _against_use(self, name: Name, use: SinkUse) -> str:
        """Why one use of a literal speaks against editing it; "" if it does not."""
        elsewhere = f"it moves elsewhere in {use.path}"
        if use.path in self.holes.frozen and not self.holes.is_message(use):
            return f"a migration that has run takes it, too ({use.place})"
        if (use.taken is not None or use.hole is not None) and (why := self.holes.hidden(use.path, name.relation)):
            return why
        if use.taken is not None:
            if use.taken.schema:
                return f"{use.what} takes the schema apart ({use.place})"
            return elsewhere if self.rules.target(name.relation, use.path) != name.target else ""
        position = self.holes.position(use)
        if position is None:
            if not self.holes.is_message(use):
                if position is not None and position.other:
                    return f"SQL of {position.other} takes it, too ({use.place})"
                return f"{name.relation} also gets to {use.what} ({use.place})"
            if position is None:
                return ""
        return self._against_position(name, use) or (
            elsewhere if self.rules.target(name.relation, use.path) != name.target else ""
        )

    def _against_position(self, name: Name, use: SinkUse) -> str:
        position = self.holes.position(use)
        if position is None:
            return ""
        if position.against:
            return f"{position.against} ({use.place})"
        if position.shape == "quoted":
            return f"it is quoted as one name ({use.place})"
        if position.shape == "qualified":
            return f"a schema stands in front of it ({use.place})"
        if name.relation.name in position.words:
            return f"the statement says {name.relation.name} itself ({use.place})"
        return ""

    def _beyond(self, node: Node) -> str:
        """What else than SQL and messages gets the value of a parameter that a rule gives to relations."""
        if node not in self._beyonds:
            uses = sorted(self.tracer.trace(node, "").uses, key=order)
            others = (
                use
                for use in uses
                if use.taken is None and self.holes.position(use) is None and not self.holes.is_message(use)
            )
            self._beyonds[node] = next((f"{use.what} ({use.place})" for use in others), "")
        return self._beyonds[node]

    def message(self, name: Name) -> str:
        """What a name is used for beside SQL, and which leaves it right: people are told it; "" if nothing."""
        for use in sorted(name.trace.uses, key=order):
            for beyond in filter(None, map(self._beyond, sorted(self.graph.filled_by_rule.get(use, ())))):
                return f"{use.what} takes it as a relation, and {beyond} gets it too"
            if self.holes.is_message(use):
                return f"it is said in messages, too ({use.place})"
        return ""


def order(use: SinkUse) -> tuple[bool, str, int]:
    """The order in which uses are told: texts first."""
    return use.hole is None, use.path, use.line
