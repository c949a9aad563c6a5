"""Django's applications: the labels that names of tables begin with, and the models that their migrations make."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_rewriter.hosts.django import Operation
    from schema_rewriter.project.facts import Facts


@dataclass(slots=True)
class State:
    """A model as the migrations of its application leave it: its `db_table`, and the tables of its fields."""

    name: str
    table: str | None
    fields: dict[str, str | None] = field(default_factory=dict)


def labels(files: Sequence[Facts]) -> dict[str, frozenset[str]]:
    """The labels of applications by their folders: "" where code computes one."""
    found: dict[str, set[str]] = {}
    for item in files:
        folder = item.path.rpartition("/")[0]
        for one in item.django.applications:
            if one.label is None and not one.name:
                continue
            found.setdefault(folder, set()).add(
                one.label if one.label is not None else (one.name or "").rpartition(".")[2]
            )
    for item in files:
        if item.django.operations or item.path.endswith(("/models.py", "/models/__init__.py")):
            folder = item.path.rpartition("/")[0]
            home = folder.rpartition("/")[0] if not item.path.endswith("/models.py") else folder
            if home:
                found.setdefault(home, {home.rpartition("/")[2]})
    return {folder: frozenset(labels) for folder, labels in found.items()}


def states(files: Sequence[Facts]) -> dict[tuple[str, str], State]:
    """The models that migrations make, by the folder of their application and their names in lower case."""
    found: dict[tuple[str, str], State] = {}
    for item in sorted(files, key=lambda one: one.path):
        home = item.path.rpartition("/")[0].rpartition("/")[0]
        for one in item.django.operations:
            _apply(one, home, found)
    return found


def _apply(one: Operation, home: str, states: dict[tuple[str, str], State]) -> None:
    """Do what a step of a migration does."""
    key = (home, one.model.lower())
    if one.kind == "CreateModel":
        states[key] = State(one.model, one.table)
    elif one.kind == "RenameModel" and key in states:
        states[home, one.name.lower()] = replace(states.pop(key), name=one.name)
    elif one.kind == "DeleteModel":
        states.pop(key, None)
    elif key in states and one.kind == "AlterModelTable":
        states[key].table = one.name or None
    elif key in states and one.kind == "AddField":
        states[key].fields[one.name] = one.table
    elif key in states and one.kind == "RemoveField":
        states[key].fields.pop(one.name, None)
    elif key in states and one.kind == "RenameField" and one.name in states[key].fields:
        states[key].fields[one.table or ""] = states[key].fields.pop(one.name)
