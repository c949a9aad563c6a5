"""Where a name that flows is edited: at its literal, in front of the hole it gets into, or nowhere, with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_rewriter.hosts.valueflow import Birth
from schema_rewriter.project.context import At, Filled, Settled, Valued
from schema_rewriter.project.flow.identifiers import quoted
from schema_rewriter.project.flow.relation_arguments import asked
from schema_rewriter.project.flow.schema_arguments import taken_apart
from schema_rewriter.relation import Relation, split_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from schema_rewriter.project.facts import Facts
    from schema_rewriter.project.flow.symbols import Node
    from schema_rewriter.project.flow.trace import Reach, Reached, Use
    from schema_rewriter.rules import RuleSet

MOST_LISTED = 6
"""How many values of a hole a finding names."""

_LINE = re.compile(r":\d+$")

Hole = tuple[str, str, str]
"""A file, a scope in it, and an expression."""


@dataclass(frozen=True, slots=True)
class Name:
    """A literal that may be a relation's name, where it goes, and where that relation moves to, if it does.

    `is_quoted`: calls that quote it get it to SQL, too, and are settled.
    """

    path: str
    birth: Birth
    node: Node
    relation: Relation
    target: Relation | None
    reached: Reached
    is_quoted: bool = False

    @property
    def place(self) -> str:
        """For people."""
        return f"{self.path}:{self.birth.line}"


class Settlement:
    """What becomes of all names and holes of a run. `whole`: no other file can use what these define."""

    def __init__(self, every: Sequence[Facts], reach: Reach, rules: RuleSet, *, whole: bool) -> None:
        self.reach, self.rules, self.whole = reach, rules, whole
        self.positions = {
            (item.path, position.scope, position.expression): position
            for item in every
            for position in item.positions
            if position.count
        }
        self.partial, self.messages = _partial(every)
        self.sources = {
            (use.path, *use.hole): node for node, uses in reach.uses.items() for use in uses if use.hole is not None
        }
        self.slots: dict[Hole, set[Node]] = {}
        for node, uses in reach.uses.items():
            for use in uses:
                if use.hole is not None and (use.path, *use.hole) in self.positions:
                    self.slots.setdefault((use.path, *use.hole), set()).add(node)
        self.behind = {hole: self._behind(nodes) for hole, nodes in self.slots.items()}
        self.listed = {
            (use.path, *use.hole) for uses in reach.uses.values() for use in uses if use.is_listed and use.hole
        }
        self.names = list(self._names())
        self.quoting = quoted(self.names, reach, rules, self._takes, self._is_closed)
        self.names = [self._unquoted(name) for name in self.names]
        self._fills = {id(name): self._holes_of(name) for name in self.names}
        self._fillers: dict[Hole, list[Name]] = {}
        for name in self.names:
            for hole in self._filled(name):
                self._fillers.setdefault(hole, []).append(name)
        self.cut = [name for name in self.names if name.reached.is_cut]
        self.literals: dict[str, list[At]] = {path: list(at) for path, at in self.quoting.schemas.items()}
        self.holes: dict[str, list[Filled]] = {}
        self.helpers: dict[tuple[str, str], set[str]] = {}
        self._beyonds: dict[Node, str] = {}
        self._moving = [name for name in self.names if self._moves(name)]
        self.apart = taken_apart(self.names, reach, rules, whole=whole)
        for path, at in self.apart.schemas:
            self.literals.setdefault(path, []).append(at)
        for names in _together(self._moving, self._filled):
            self._settle(names)
        self._silent()
        told = {(path, at.span) for path, literals in self.literals.items() for at in literals}
        for path, at in asked(self.names, reach, rules, told):
            if (path, at.span) not in told:
                told.add((path, at.span))
                self.literals.setdefault(path, []).append(at)

    def _takes(self, use: Use, relation: Relation) -> bool:
        """Whether a use puts a quoted name where SQL takes a relation, and nowhere else."""
        hole = (use.path, *use.hole) if use.hole is not None else None
        position = self.positions.get(hole) if hole is not None else None
        if position is None or hole in self.partial or position.against or position.doubt:
            return False
        return position.shape != "qualified" and relation.name not in position.words

    def _is_closed(self, names: Sequence[Name], behind: frozenset[Node]) -> bool:
        """Whether no code outside of the run may give one of the slots a value."""
        return not list(self.reach.entries(behind, whole=self.whole)) and not self._open_to_others(names)

    def _unquoted(self, name: Name) -> Name:
        """A name with the uses that it has beside those by calls that quote it and are settled."""
        if self.quoting.done.isdisjoint(name.reached.nodes):
            return name
        return replace(name, reached=self.reach.forward(name.node, name.birth, self.quoting.done), is_quoted=True)

    def _behind(self, nodes: Iterable[Node]) -> frozenset[Node]:
        return frozenset(one for node in nodes for one in self.reach.backward(node))

    def _names(self) -> Iterator[Name]:
        """The literals that are names and get anywhere near a hole, and those that move, wherever they get."""
        near = {node for nodes in self.behind.values() for node in nodes}
        for node, births in self.reach.births.items():
            for path, birth in births:
                written = _written(birth.text)
                exact = Relation(None, birth.text)
                moves = [one for one in (written, exact) if one and self.rules.target(one, path) is not None]
                if not moves and node not in near:
                    continue
                reached = self.reach.forward(node, birth)
                relation = written or Relation(None, "")
                if relation != exact and (places := self._places(reached)) != {False}:
                    relation = exact if places == {True} else moves[0] if moves else relation
                if relation.name or node in near:
                    target = self.rules.target(relation, path) if relation.name else None
                    yield Name(path, birth, node, relation, target, reached)

    def _places(self, reached: Reached) -> set[bool]:
        """Whether SQL takes a name in double quotes, or as it is written, or both."""
        holes = ((use.path, *use.hole) for use in reached.uses if use.hole is not None)
        places = {self.positions[hole].shape == "quoted" for hole in holes if hole in self.positions}
        if not reached.nodes.isdisjoint(self.reach.quotes):
            places.add(True)
        return places or {False}

    def _filled(self, name: Name) -> frozenset[Hole]:
        """The holes for relations that a name gets into."""
        return self._fills[id(name)]

    def _holes_of(self, name: Name) -> frozenset[Hole]:
        return frozenset(
            (use.path, *use.hole)
            for use in name.reached.uses
            if use.hole is not None and (use.path, *use.hole) in self.positions
        )

    def _moves(self, name: Name) -> bool:
        """Whether a name moves by itself, or behind the schema that a text puts in front of it."""
        return name.target is not None or any(
            self.rules.target(Relation(position.schema, name.relation.name), hole[0]) is not None
            for hole in self._filled(name)
            if (position := self.positions[hole]).schema
        )

    def _settle(self, names: Sequence[Name]) -> None:
        """Names that meet in holes are settled together: all at their literals, or all at the holes, or none."""
        holes = sorted({hole for name in names for hole in self._filled(name)})
        told = [(name, use) for name in names for use in sorted(name.reached.uses, key=_order) if use.taken is not None]
        if not holes and not told:
            return
        for name in names:
            for node in name.reached.nodes:
                if (function := self.reach.parameters.get(node)) is not None:
                    self.helpers.setdefault((node[0], function.slot), set()).add(node[1].rpartition(":")[2])
        typed = {(name.node, name.birth.text): name.place for name in names if name.birth.span is None}
        against = [self._against_literal(name) or _listed_by_type(name, typed) for name in names]
        is_taken = any(use.taken is not None and not use.taken.schema for _, use in told)
        aside = [self._message(name) for name in names]
        is_kept = any((*against, *aside)) and not is_taken
        schema, why = self._front(holes) if is_kept else ("", "a call takes it too")
        if schema:
            for name in names:
                if (advice := self.apart.advice.get(id(name))) and name.target is not None and name.birth.span:
                    at = At(name.birth.span, name.relation, name.target, advice, is_manual=True)
                    self.literals.setdefault(name.path, []).append(at)
            for path, scope, expression in holes:
                self.holes.setdefault(path, []).append(Filled(scope, expression, Settled.FRONT, schema, why))
            return
        others = self._open_to_others(names)
        for name, reason, message in zip(names, against, aside, strict=True):
            if name.birth.span is None or name.target is None:
                continue
            if not reason:
                at = At(name.birth.span, name.relation, name.target, self._doubt(name) or message or others)
            elif self._is_right(name) or self._is_listed(name, names):
                continue
            else:
                told_why = self.apart.advice.get(id(name), "") or self._told(name, reason, why)
                at = At(name.birth.span, name.relation, name.target, told_why, is_manual=True)
            self.literals.setdefault(name.path, []).append(at)
        for hole in holes:
            path, scope, expression = hole
            reasons = zip(names, (one or other for one, other in zip(against, aside, strict=True)), strict=True)
            left = [(name, reason) for name, reason in reasons if reason and hole in self._filled(name)]
            if not left:
                self._closed(hole, others or any(self._doubt(name) for name in names))
                continue
            values = _listed([f"{name.relation} ({name.place})" for name, _ in left])
            reason = f"it may be {values}; {left[0][1]}; {why}"
            self.holes.setdefault(path, []).append(Filled(scope, expression, Settled.OPEN, "", reason))

    def _is_right(self, name: Name) -> bool:
        """Whether a literal gets to calls that take its schema apart, the right one, and to SQL only behind that."""
        return self.apart.advice.get(id(name)) == "" and not any(
            self.rules.target(Relation(self.positions[hole].schema or None, name.relation.name), hole[0]) is not None
            for hole in self._filled(name)
        )

    def _is_listed(self, name: Name, names: Sequence[Name]) -> bool:
        """Whether a literal that stays needs no finding of its own: that of a hole in its file lists it."""
        for hole in sorted(self._filled(name)):
            position = self.positions[hole]
            relation = Relation(position.schema or name.relation.schema, name.relation.name)
            if self.rules.target(relation, hole[0]) is None:
                continue
            if hole[0] != name.path or position.doubt or len(self._values(hole)) > MOST_LISTED:
                return False
        return all(use.taken is None for use in name.reached.uses)

    def _doubt(self, name: Name) -> str:
        """Why a name may get elsewhere, or to no relation; "" where nothing makes that doubtful."""
        found = next(iter(sorted(name.reached.doubts)), "")
        for hole in sorted(self._filled(name)) if not found else ():
            if doubt := self.positions[hole].doubt:
                return f"{doubt} ({hole[0]})"
        return found

    def _told(self, name: Name, reason: str, why: str) -> str:
        """Why a literal stays as it is, with a place of SQL that takes it."""
        for use in sorted(name.reached.uses, key=_order):
            if use.taken is not None:
                return f"{reason}; {use.what} takes it as a relation ({use.place})"
            if use.hole is not None and (use.path, *use.hole) in self.positions:
                return f"{{{use.hole[1]}}} of {use.place} takes it as a relation; {reason}; {why}"
        return reason

    def _against_literal(self, name: Name) -> str:
        """Why a literal must not be edited; "" if nothing speaks against it but messages that say it, too."""
        if name.target is None:
            return "it moves only behind its schema"
        if name.birth.span is None:
            return "a name in a hole of a text, or in a type, can't be edited"
        for node in sorted(name.reached.nodes & self.reach.quotes.keys()):
            path, quote = self.reach.quotes[node]
            return f"it is quoted as one name ({path}:{quote.line})"
        if name.is_quoted:
            return "a call quotes it as one name, too"
        for use in sorted(name.reached.uses, key=_order):
            if use.taken is not None:
                if use.taken.schema:
                    return f"{use.what} takes the schema apart ({use.place})"
                if self.rules.target(name.relation, use.path) != name.target:
                    return f"it moves elsewhere in {use.path}"
                continue
            hole = (use.path, *use.hole) if use.hole is not None else None
            position = self.positions.get(hole) if hole else None
            if position is None or hole in self.partial:
                if not use.is_message and hole not in self.messages:
                    if position is not None and position.other:
                        return f"SQL of {position.other} takes it, too ({use.place})"
                    return f"{name.relation} also gets to {use.what} ({use.place})"
                if position is None:
                    continue
            if position.against:
                return f"{position.against} ({use.place})"
            if position.shape == "quoted":
                return f"it is quoted as one name ({use.place})"
            if position.shape == "qualified":
                return f"a schema stands in front of it ({use.place})"
            if name.relation.name in position.words:
                return f"the statement says {name.relation.name} itself ({use.place})"
            if self.rules.target(name.relation, use.path) != name.target:
                return f"it moves elsewhere in {use.path}"
        return ""

    def _beyond(self, node: Node) -> str:
        """What else than SQL and messages gets the value of a parameter that a rule gives to relations."""
        if node not in self._beyonds:
            reached = self.reach.forward(node, Birth("", None, node[1], "", 0))
            found = ""
            for use in sorted(reached.uses, key=_order):
                hole = (use.path, *use.hole) if use.hole is not None else None
                if (
                    use.taken is None
                    and not use.is_message
                    and hole not in self.positions
                    and hole not in self.messages
                ):
                    found = f"{use.what} ({use.place})"
                    break
            self._beyonds[node] = found
        return self._beyonds[node]

    def _message(self, name: Name) -> str:
        """What a name is used for beside SQL, and which leaves it right: people are told it; "" if nothing."""
        for use in sorted(name.reached.uses, key=_order):
            for beyond in filter(None, map(self._beyond, sorted(self.reach.given.get(use, ())))):
                return f"{use.what} takes it as a relation, and {beyond} gets it too"
            hole = (use.path, *use.hole) if use.hole is not None else None
            if use.is_message or hole in self.messages:
                return f"it is said in messages, too ({use.place})"
        return ""

    def _open_to_others(self, names: Sequence[Name]) -> str:
        """Why files that this run does not see may use the literals too; "" if they can't."""
        if self.whole:
            return ""
        for name in names:
            for path, slot in sorted(name.reached.nodes):
                scope, _, own = slot.rpartition(":")
                if own.startswith("#") or path == "*":
                    continue
                if not scope or own == "return" or (path, scope) in self.reach.modules.scopes:
                    own = f"{scope}()" if own == "return" else own
                    return f"other files may use {own}; run over the whole project"
        return ""

    def texts(self) -> dict[Hole, tuple[str, ...]]:
        """For each hole the literals that are known to get into it, as they are written, in the order of the code."""
        return {hole: tuple(name.birth.text for name in self._values(hole)) for hole in self.slots}

    def _values(self, hole: Hole) -> list[Name]:
        return self._fillers.get(hole, [])

    def _gap(self, hole: Hole) -> str:
        """Where a hole gets a value that is not known; "" if all are."""
        for name in self.cut:
            if name.node in self.behind[hole] and hole not in self._filled(name):
                return f"{name.relation} of {name.place} gets farther than it is followed"
        return self.reach.gap(self.behind[hole])

    def _front(self, holes: Sequence[Hole]) -> tuple[str, str]:
        """The schema that belongs in front of all of the holes, with what makes that doubtful; else "" and why none."""
        schemas: set[str] = set()
        doubt = ""
        for hole in holes:
            position = self.positions[hole]
            if position.against or position.doubt:
                return "", position.against or position.doubt
            if not self.reach.vouched.isdisjoint(self.behind[hole]):
                return "", "a [[call]] of the rules gives it relations, too"
            if hole in self.listed:
                return "", "a schema in front would be the first one's only"
            if not self.quoting.moved.isdisjoint(self.behind[hole]):
                return "", "an Identifier with its schema gets there too"
            if gap := self._gap(hole):
                return "", f"it may be something else too ({gap})"
            for name in self._values(hole):
                if position.shape == "quoted" and name.birth.text != name.relation.name:
                    return "", f"in double quotes {name.birth.text!r} ({name.place}) is another name"
                relation = Relation(position.schema or name.relation.schema, name.relation.name)
                target = self.rules.target(relation, hole[0])
                if target is None or target.name != relation.name or target.schema is None:
                    return (
                        "",
                        f"{name.birth.text!r} ({name.place}) does not move" if target is None else "a name changes",
                    )
                if name.relation.schema is not None:
                    return "", f"{name.birth.text!r} ({name.place}) has its schema"
                if name.relation.name in position.words:
                    return "", f"the statement says {name.relation.name} itself"
                schemas.add(target.schema)
                doubt = doubt or self._doubt(name)
            public = sorted(set(self.reach.entries(self.behind[hole], whole=self.whole)))
            if public and not doubt:
                doubt = f"all values of this run move, but code that it does not see may call {public[0]}()"
            if (
                not self.whole
                and not doubt
                and any(
                    not node[1].rpartition(":")[0] or (node[0], node[1].rpartition(":")[0]) in self.reach.modules.scopes
                    for node in self.behind[hole]
                )
            ):
                doubt = "other files may set what gets here; run over the whole project"
        if len(schemas) != 1:
            return "", "the values move to different schemas"
        return schemas.pop(), doubt

    def _closed(self, hole: Hole, doubt: str | bool = False) -> None:
        """Note that a hole needs no person, if all its values are known; else the line that a value comes from."""
        path, scope, expression = hole
        if doubt or (not self.whole and list(self.reach.entries(self.behind[hole], whole=self.whole))):
            return
        values = self._values(hole)
        gap = self._gap(hole)
        sources = self.reach.vouched | self.quoting.done
        is_filled = bool(values) or not sources.isdisjoint(self.behind[hole])
        if is_filled and not gap and all(name.relation.name for name in values):
            self.holes.setdefault(path, []).append(Filled(scope, expression, Settled.CLOSED))
        elif known := [f"{name.relation} ({name.place})" for name in values if name.relation.name]:
            rest = f"another value comes from {gap}" if gap else "it is more than a name elsewhere"
            reason = f"known are {_listed(known)}; {rest}"
            self.holes.setdefault(path, []).append(Filled(scope, expression, Settled.OPEN, "", reason))
        elif _LINE.search(gap):
            reason = f"a value comes from {gap}"
            self.holes.setdefault(path, []).append(Filled(scope, expression, Settled.OPEN, "", reason))

    def values(self) -> dict[str, list[Valued]]:
        """By file, what each hole for a relation may be, whether that moves or not."""
        by_hole: dict[Hole, dict[str, None]] = {}
        for name in self.names:
            for hole in self._filled(name) if name.relation.name else ():
                by_hole.setdefault(hole, {})[str(name.relation)] = None
        nameless = {name.node for name in self.names if not name.relation.name}
        found: dict[str, list[Valued]] = {}
        for hole in sorted(by_hole):
            path, scope, expression = hole
            whole = nameless.isdisjoint(self.behind[hole]) and not self._gap(hole)
            found.setdefault(path, []).append(Valued(scope, expression, tuple(sorted(by_hole[hole])), whole))
        return found

    def _silent(self) -> None:
        """Holes that no moving name gets into need no person, if all their values are known."""
        moving = {hole for name in self._moving for hole in self._filled(name)}
        for hole in self.slots:
            if hole not in moving:
                self._closed(hole)


def _listed_by_type(name: Name, typed: Mapping[tuple[Node, str], str]) -> str:
    """Why a literal must stay as the type of a variable on its way has it, which can't be edited; "" if none has."""
    places = [typed[key] for node in sorted(name.reached.nodes) if (key := (node, name.birth.text)) in typed]
    return f"its type lists it ({places[0]})" if places else ""


def _written(text: str) -> Relation | None:
    """The relation that a name means where SQL takes it as it is written; None for what is no name."""
    parts = split_identifier(text) if len(text) < 200 else ()
    return Relation(parts[0] if len(parts) == 2 else None, parts[-1]) if 1 <= len(parts) <= 2 else None


def _listed(items: Sequence[str]) -> str:
    """Some items for people: the first few of many."""
    distinct = list(dict.fromkeys(items))
    rest = f" and {len(distinct) - MOST_LISTED} more" if len(distinct) > MOST_LISTED else ""
    return ", ".join(distinct[:MOST_LISTED]) + rest


def _order(use: Use) -> tuple[bool, str, int]:
    return use.hole is None, use.path, use.line


def _partial(every: Iterable[Facts]) -> tuple[frozenset[Hole], frozenset[Hole]]:
    """The expressions that also get to other places in texts than where relations stand, and those that only tell them.

    The second are those whose every such place is a message for people.
    """
    partial: set[Hole] = set()
    messages: set[Hole] = set()
    for item in every:
        counts: dict[tuple[str, str], int] = {}
        for load in item.names.loads:
            if load.hole is not None:
                counts[load.hole] = counts.get(load.hole, 0) + 1
        for position in item.positions:
            hole, loads = (
                (item.path, position.scope, position.expression),
                counts.get((position.scope, position.expression)),
            )
            if position.count and position.count != loads:
                partial.add(hole)
            if position.said and position.count + position.said == loads:
                messages.add(hole)
    return frozenset(partial), frozenset(messages)


def _together(names: Sequence[Name], holes: Callable[[Name], Iterable[Hole]]) -> Iterator[list[Name]]:
    """The names in groups: those that get into one hole are in one."""
    above: dict[Hole, Hole] = {}

    def top(hole: Hole) -> Hole:
        while above.setdefault(hole, hole) != hole:
            above[hole] = hole = above[above[hole]]
        return hole

    for name in names:
        first, *others = map(top, sorted(holes(name)) or [("", "", "")])
        above.update((other, first) for other in others)
    groups: dict[Hole, list[Name]] = {}
    alone: list[list[Name]] = []
    for name in names:
        own = next(iter(holes(name)), None)
        if own is None:
            alone.append([name])
        else:
            groups.setdefault(top(own), []).append(name)
    yield from groups.values()
    yield from alone
