"""What is known of the values of a hole, and which schema belongs in front of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.project.context import HoleDecision, HoleOutcome
from schema_rewriter.project.flow.names import written_name
from schema_rewriter.reading.joints import put_behind
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schema_rewriter.project.flow.identifiers import Quoting
    from schema_rewriter.project.flow.names import Hole, Name, Names
    from schema_rewriter.rules import RuleSet

MOST_LISTED = 6
"""How many values of a hole a finding names."""

_LINE = re.compile(r":\d+$")


class HoleValues:
    """What is known of the values of holes. `whole`: no other file can give them any."""

    def __init__(self, found: Sequence[Name], names: Names, quoting: Quoting, whole: bool) -> None:
        self.holes, self.graph, self.glue = names.holes, names.graph, names.glue
        self.quoting, self.whole = quoting, whole
        self._values: dict[Hole, list[Name]] = {}
        for name in found:
            for hole in name.holes:
                self._values.setdefault(hole, []).append(name)
        self._truncated = [name for name in found if name.trace.is_truncated]
        self._unknown: dict[Hole, str] = {}

    def values(self, hole: Hole) -> list[Name]:
        """The literals that get into a hole."""
        return self._values.get(hole, [])

    def unknown_source(self, hole: Hole) -> str:
        """Where a hole gets a value that is not known; "" if all are."""
        if hole not in self._unknown:
            self._unknown[hole] = self._unknown_source(hole)
        return self._unknown[hole]

    def _unknown_source(self, hole: Hole) -> str:
        behind = self.holes.behind[hole]
        for name in self._truncated:
            if name.node in behind and hole not in name.holes:
                return f"{name.relation} of {name.place} gets farther than it is followed"
        return self.graph.unknown_source(behind) or self.holes.fills[hole].unfollowed

    def entries(self, hole: Hole) -> list[str]:
        """The functions by which code that this run does not see may fill a hole."""
        return sorted(set(self.graph.entries(self.holes.behind[hole], whole=self.whole)))

    def is_set_by_others(self, hole: Hole) -> bool:
        """Whether files that this run does not see may set what gets into a hole."""
        scopes = self.graph.symbols.scopes
        return not self.whole and any(
            not (scope := slot.rpartition(":")[0]) or (path, scope) in scopes for path, slot in self.holes.behind[hole]
        )

    def is_behind_schema(self, hole: Hole, stays: Callable[[str], bool]) -> bool:
        """Whether all that fills a hole is quoted behind a schema in which all relations stay."""
        graph = self.graph
        waiting = list(self.holes.slots[hole])
        seen = set(waiting)
        for node in waiting:  # which grows
            if node in graph.quotes:
                schema = graph.quotes[node][1].schema
                if not (schema and stays(schema)):
                    return False
                continue
            if node in graph.unknown or node in graph.literals or node not in graph.ins:
                return False
            sources = {source for source, _ in graph.ins[node]} - seen
            seen |= sources
            waiting += sources
        return not list(graph.entries(seen, whole=self.whole))

    def closed(self, hole: Hole) -> HoleDecision | None:
        """That a hole needs no person, if all its values are known; else the line that a value comes from."""
        if not self.whole and self.entries(hole):
            return None
        values = self.values(hole)
        unknown = self.unknown_source(hole)
        sources = self.graph.declared_by_rule | self.quoting.done
        is_filled = bool(values) or not sources.isdisjoint(self.holes.behind[hole])
        if is_filled and not unknown and all(name.relation.name for name in values):
            return HoleDecision(hole[1], HoleOutcome.CLOSED)
        if known := [f"{name.relation} ({name.place})" for name in values if name.relation.name]:
            rest = f"another value comes from {unknown}" if unknown else "it is more than a name elsewhere"
            return HoleDecision(hole[1], HoleOutcome.OPEN, "", f"known are {listed(known)}; {rest}")
        if _LINE.search(unknown):
            return HoleDecision(hole[1], HoleOutcome.OPEN, "", f"a value comes from {unknown}")
        return None


class Fronts:
    """Finds the schema that may stand in front of holes. `doubt` tells what is doubtful about a name."""

    def __init__(self, known: HoleValues, rules: RuleSet, doubt: Callable[[Name], str]) -> None:
        self.known, self.rules, self.doubt = known, rules, doubt
        self.holes, self.graph = known.holes, known.graph

    def of(self, holes: Sequence[Hole]) -> tuple[str, str]:
        """The schema that belongs in front of all of the holes, with what makes that doubtful; else "" and why none."""
        schemas: set[str] = set()
        doubt = ""
        for hole in holes:
            if against := self._against_front(hole):
                return "", against
            for name in self.known.values(hole):
                schema, against = self._front_of(name, hole)
                if against:
                    return "", against
                schemas.add(schema)
                doubt = doubt or self.doubt(name)
            if not doubt and (public := self.known.entries(hole)):
                doubt = f"all values of this run move, but code that it does not see may call {public[0]}()"
            if not doubt and self.known.is_set_by_others(hole):
                doubt = "other files may set what gets here; run over the whole project"
        if len(schemas) != 1:
            return "", "the values move to different schemas"
        return schemas.pop(), doubt

    def _against_front(self, hole: Hole) -> str:
        """Why no schema may stand in front of a hole, whatever its values; "" if nothing speaks against it."""
        position, behind = self.holes.positions[hole], self.holes.behind[hole]
        if position.against or position.doubt:
            return position.against or position.doubt
        if position.shape == "bound":
            return "a placeholder takes all of the name"
        if not self.graph.declared_by_rule.isdisjoint(behind):
            return "a [[call]] of the rules gives it relations, too"
        if hole in self.holes.listed:
            return "a schema in front would be the first one's only"
        if not self.known.quoting.moved.isdisjoint(behind):
            return "an Identifier with its schema gets there too"
        unknown = self.known.unknown_source(hole)
        return f"it may be something else too ({unknown})" if unknown else ""

    def _front_of(self, name: Name, hole: Hole) -> tuple[str, str]:
        """The schema that belongs in front of a hole for one of its values; else "" and why none."""
        position = self.holes.positions[hole]
        if position.shape == "quoted" and name.literal.text != name.relation.name:
            return "", f"in double quotes {name.literal.text!r} ({name.place}) is another name"
        if position.shape == "bare" and name.relation not in (written_name(name.literal.text), Relation(None, "")):
            return "", f"without double quotes {name.literal.text!r} ({name.place}) is another name"
        relation = Relation(position.schema or name.relation.schema, name.relation.name)
        target = self.rules.target(relation, hole[0])
        if target is None:
            return "", f"{name.literal.text!r} ({name.place}) does not move"
        if target.name != relation.name or target.schema is None:
            return "", "a name changes"
        if name.relation.schema is not None:
            return "", f"{name.literal.text!r} ({name.place}) has its schema"
        if name.relation.name in position.words:
            return "", f"the statement says {name.relation.name} itself"
        if how := self.known.glue.behind(name.node, name.literal.write_path, is_name=True):
            return "", put_behind(name.relation.name, how)
        if not position.schema and (why := self.holes.hidden(hole[0], name.relation)):
            return "", why
        return target.schema, ""


def listed(items: Sequence[str]) -> str:
    """Some items for people: the first few of many."""
    distinct = list(dict.fromkeys(items))
    rest = f" and {len(distinct) - MOST_LISTED} more" if len(distinct) > MOST_LISTED else ""
    return ", ".join(distinct[:MOST_LISTED]) + rest
