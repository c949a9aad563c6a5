"""Where a name that flows is edited: at its literal, in front of the hole it gets into, or nowhere, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from schema_rewriter.project.context import HoleDecision, HoleOutcome, LiteralDecision, PossibleNames
from schema_rewriter.project.flow.groups import by_hole, together
from schema_rewriter.project.flow.hole_values import MOST_LISTED, Fronts, HoleValues, listed
from schema_rewriter.project.flow.identifiers import Quoting, identifiers
from schema_rewriter.project.flow.names import moves
from schema_rewriter.project.flow.reasons import Reasons, order
from schema_rewriter.project.flow.relation_arguments import relation_arguments
from schema_rewriter.project.flow.schema_arguments import SchemaArguments, schema_arguments
from schema_rewriter.project.flow.trace import Tracer
from schema_rewriter.relation import Relation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schema_rewriter.edit import Span
    from schema_rewriter.project.context import Replacement
    from schema_rewriter.project.flow.bindings import Node
    from schema_rewriter.project.flow.graph import ValueFlowGraph
    from schema_rewriter.project.flow.names import Hole, Holes, Name, Names
    from schema_rewriter.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Decisions:
    """What becomes of the names of a run: by file, of its literals and of its holes, and the calls that get a schema.

    `helpers` are the functions found to take names, with their parameters; `values` what each hole may be. `glued` are
    literals of texts that end in a name which goes on elsewhere, with how it does; of `replaced`, code changes parts.
    """

    literals: dict[str, list[LiteralDecision]] = field(default_factory=dict)
    holes: dict[str, list[HoleDecision]] = field(default_factory=dict)
    arguments: dict[str, list[LiteralDecision]] = field(default_factory=dict)
    helpers: dict[Node, set[str]] = field(default_factory=dict)
    values: dict[str, list[PossibleNames]] = field(default_factory=dict)
    glued: dict[str, list[tuple[Span, str]]] = field(default_factory=dict)
    replaced: dict[str, list[Replacement]] = field(default_factory=dict)


def decide(names: Names, rules: RuleSet, *, whole: bool, values: bool) -> Decisions:
    """What becomes of all names and holes of a run.

    `whole`: no other file can use what these define. `values`: what each hole may be is wanted. Raises FileFaultError.
    """
    holes, graph = names.holes, names.graph
    is_closed = partial(_is_closed, graph=graph, whole=whole)
    found = list(names.found(rules))
    quoting = identifiers(found, names.tracer, rules, holes.is_relation_only, is_closed)
    if quoting.done:
        beside = Tracer(graph, barred=quoting.done)
        found = [_unquoted(name, quoting, beside, holes) for name in found]
    apart = schema_arguments(found, names, rules, whole=whole)
    deciding = _Deciding(HoleValues(found, names, quoting, whole), rules, names.tracer, apart)
    for path, at in apart.schemas:
        deciding.literal(path, at)
    moving = [name for name in found if moves(name, holes, rules)]
    for group in together(moving):
        deciding.decide(group)
    filled = {hole for name in moving for hole in name.holes}
    for hole in holes.behind:
        if hole not in filled:
            deciding.close(hole)
    made = deciding.made
    told = {(path, at.span) for one in (quoting.schemas, made.literals) for path, ats in one.items() for at in ats}
    for path, at in relation_arguments(found, names.tracer, rules, told):
        if (path, at.span) not in told:
            told.add((path, at.span))
            deciding.literal(path, at)
    valued = _values(found, holes, deciding.known) if values else {}
    literals = {path: list(at) for path, at in quoting.schemas.items()}
    for path, ats in made.literals.items():
        literals.setdefault(path, []).extend(ats)
    glued: dict[str, list[tuple[Span, str]]] = {}
    for path, span, how in names.glue.endings(rules.names):
        glued.setdefault(path, []).append((span, how))
    replaced: dict[str, list[Replacement]] = {}
    for path, one in dict.fromkeys(names.glue.replacements(rules.names)):
        replaced.setdefault(path, []).append(one)
    return Decisions(literals, made.holes, quoting.arguments, made.helpers, valued, glued, replaced)


def texts(names: Names, rules: RuleSet) -> dict[Hole, tuple[str, ...]]:
    """For each hole the literals that are known to get into it, as they are written, in the order of the code."""
    found: dict[Hole, list[str]] = {hole: [] for hole in names.holes.behind}
    for name in names.found(rules):
        for hole in name.holes:
            found[hole].append(name.literal.text)
    return {hole: tuple(values) for hole, values in found.items()}


def _unquoted(name: Name, quoting: Quoting, beside: Tracer, holes: Holes) -> Name:
    """A name with the uses that it has beside those by calls that quote it and are settled."""
    if quoting.done.isdisjoint(name.trace.quotes):
        return name
    trace = beside.trace(name.node, name.literal.write_path)
    return replace(name, trace=trace, holes=holes.filled(trace), is_quoted=True)


def _is_closed(group: Sequence[Name], behind: frozenset[Node], *, graph: ValueFlowGraph, whole: bool) -> bool:
    """Whether no code outside of the run may give one of the slots a value."""
    return not list(graph.entries(behind, whole=whole)) and not _open_to_others(group, graph, whole=whole)


def _open_to_others(group: Sequence[Name], graph: ValueFlowGraph, *, whole: bool) -> str:
    """Why files that this run does not see may use the literals too; "" if they can't."""
    for name in group if not whole else ():
        for path, slot in sorted(name.trace.nodes):
            scope, _, own = slot.rpartition(":")
            if own.startswith("#") or path == "*":
                continue
            if not scope or own == "return" or (path, scope) in graph.symbols.scopes:
                own = f"{scope}()" if own == "return" else own
                return f"other files may use {own}; run over the whole project"
    return ""


@dataclass(frozen=True, slots=True)
class _Made:
    literals: dict[str, list[LiteralDecision]] = field(default_factory=dict)
    holes: dict[str, list[HoleDecision]] = field(default_factory=dict)
    helpers: dict[Node, set[str]] = field(default_factory=dict)


class _Deciding:
    """Decides group by group."""

    def __init__(self, known: HoleValues, rules: RuleSet, tracer: Tracer, apart: SchemaArguments) -> None:
        self.known, self.rules, self.apart = known, rules, apart
        self.holes, self.graph = known.holes, known.graph
        self.made = _Made()
        self._doubtful = frozenset(hole for hole, position in known.holes.positions.items() if position.doubt)
        self.reasons = Reasons(known.holes, tracer, rules, known.glue)

    def literal(self, path: str, at: LiteralDecision) -> None:
        """Note what becomes of a literal."""
        self.made.literals.setdefault(path, []).append(at)

    def hole(self, hole: Hole, settled: HoleOutcome, schema: str = "", reason: str = "") -> None:
        """Note what becomes of a hole."""
        path, code = hole
        self.made.holes.setdefault(path, []).append(HoleDecision(code, settled, schema, reason))

    def close(self, hole: Hole) -> None:
        """Note what becomes of a hole that nothing else is to be said of."""
        if self.known.is_behind_schema(hole, self._stays):
            self.hole(hole, HoleOutcome.CLOSED)
        elif (filled := self.known.closed(hole)) is not None:
            self.made.holes.setdefault(hole[0], []).append(filled)

    def _stays(self, schema: str) -> bool:
        """Whether nothing moves out of a schema."""
        return all(move.relation.schema != schema for move in self.rules.moves)

    def decide(self, group: Sequence[Name]) -> None:
        """Names that meet in holes are settled together: all at their literals, or all at the holes, or none."""
        holes = sorted({hole for name in group for hole in name.holes})
        told = [(name, use) for name in group for use in sorted(name.trace.uses, key=order) if use.taken is not None]
        if not holes and not told:
            return
        self._note_helpers(group)
        typed = {(name.node, name.literal.text): name.place for name in group if name.literal.span is None}
        against = [self.reasons.against(name) or _listed_by_type(name, typed) for name in group]
        is_taken = any(use.taken is not None and not use.taken.schema for _, use in told)
        aside = [self.reasons.message(name) for name in group]
        is_kept = any((*against, *aside)) and not is_taken
        schema, why = Fronts(self.known, self.rules, self._doubt).of(holes) if is_kept else ("", "a call takes it too")
        if schema:
            for name in group:
                if (advice := self.apart.advice.get(id(name))) and name.target is not None and name.literal.span:
                    self.literal(name.path, _manual(name, advice))
            for hole in holes:
                self.hole(hole, HoleOutcome.FRONT, schema, why)
            return
        others = _open_to_others(group, self.graph, whole=self.known.whole)
        for name, reason, message in zip(group, against, aside, strict=True):
            if (at := self._at_literal(name, reason, message or others, why, group)) is not None:
                self.literal(name.path, at)
        reasons = [one or other for one, other in zip(against, aside, strict=True)]
        staying = by_hole((name, reason) for name, reason in zip(group, reasons, strict=True) if reason)
        is_doubtful = bool(others) or any(self._doubt(name) for name in group)
        for hole in holes:
            if left := staying.get(hole):
                values = listed([f"{name.relation} ({name.place})" for name, _ in left])
                self.hole(
                    hole, HoleOutcome.OPEN, "", f"it may be {values}; {'; '.join(dict.fromkeys((left[0][1], why)))}"
                )
            elif not is_doubtful:
                self.close(hole)

    def _note_helpers(self, group: Sequence[Name]) -> None:
        for name in group:
            for node in name.trace.nodes:
                if (function := self.graph.parameters.get(node)) is not None:
                    self.made.helpers.setdefault((node[0], function.slot), set()).add(node[1].rpartition(":")[2])

    def _at_literal(
        self, name: Name, against: str, doubt: str, why: str, group: Sequence[Name]
    ) -> LiteralDecision | None:
        """What becomes of a literal, where its group is settled at the literals."""
        if name.literal.span is None or name.target is None:
            return None
        if not against:
            return LiteralDecision(name.literal.span, name.relation, name.target, self._doubt(name) or doubt)
        if self._is_right(name) or self._is_listed(name, group):
            return None
        return _manual(name, self.apart.advice.get(id(name), "") or self._told(name, against, why))

    def _is_right(self, name: Name) -> bool:
        """Whether a literal gets to calls that take its schema apart, the right one, and to SQL only behind that."""
        return self.apart.advice.get(id(name)) == "" and not any(
            self.rules.target(Relation(self.holes.positions[hole].schema or None, name.relation.name), hole[0])
            is not None
            for hole in name.holes
        )

    def _is_listed(self, name: Name, group: Sequence[Name]) -> bool:
        """Whether a literal that stays needs no finding of its own: that of a hole in its file lists it."""
        for hole in sorted(name.holes):
            position = self.holes.positions[hole]
            relation = Relation(position.schema or name.relation.schema, name.relation.name)
            if self.rules.target(relation, hole[0]) is None:
                continue
            if hole[0] != name.path or position.doubt or len(self.known.values(hole)) > MOST_LISTED:
                return False
        return all(use.taken is None for use in name.trace.uses)

    def _doubt(self, name: Name) -> str:
        """Why a name may get elsewhere, or to no relation; "" where nothing makes that doubtful."""
        if found := min(name.trace.doubts, default=""):
            return found
        hole = min(self._doubtful & name.holes, default=None)
        return f"{self.holes.positions[hole].doubt} ({hole[0]})" if hole is not None else ""

    def _told(self, name: Name, reason: str, why: str) -> str:
        """Why a literal stays as it is, with a place of SQL that takes it."""
        for use in sorted(name.trace.uses, key=order):
            if use.taken is not None:
                return f"{reason}; {use.what} takes it as a relation ({use.place})"
            if use.hole is not None and self.holes.position(use) is not None:
                return f"{{{use.expression}}} of {use.place} takes it as a relation; {reason}; {why}"
        return reason


def _values(found: Sequence[Name], holes: Holes, known: HoleValues) -> dict[str, list[PossibleNames]]:
    """By file, what each hole for a relation may be, whether that moves or not."""
    by_hole: dict[Hole, dict[str, None]] = {}
    for name in found:
        for hole in name.holes if name.relation.name else ():
            by_hole.setdefault(hole, {})[str(name.relation)] = None
    nameless = {name.node for name in found if not name.relation.name}
    valued: dict[str, list[PossibleNames]] = {}
    for hole in sorted(by_hole):
        path, code = hole
        whole = nameless.isdisjoint(holes.behind[hole]) and not known.unknown_source(hole)
        valued.setdefault(path, []).append(PossibleNames(code, tuple(sorted(by_hole[hole])), whole))
    return valued


def _manual(name: Name, advice: str) -> LiteralDecision:
    """What a person has to do about a literal; its name moves, and its bytes are known."""
    assert name.literal.span is not None
    assert name.target is not None
    return LiteralDecision(name.literal.span, name.relation, name.target, advice, is_manual=True)


def _listed_by_type(name: Name, typed: Mapping[tuple[Node, str], str]) -> str:
    """Why a literal must stay as the type of a variable on its way has it, which can't be edited; "" if none has."""
    nodes = sorted(name.trace.nodes) if typed else ()
    places = [typed[key] for node in nodes if (key := (node, name.literal.text)) in typed]
    return f"its type lists it ({places[0]})" if places else ""
