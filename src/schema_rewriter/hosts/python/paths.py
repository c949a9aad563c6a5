"""Which files Python code reads its SQL from, as far as the code spells their paths; knows paths, opens nothing.

Followed are `Path(__file__).parent / "q" / "x.sql"`, `os.path.join`, `joinpath`, `with_name`, `importlib.resources`,
`pkgutil.get_data`, f-strings without holes, and names that are bound once.
"""

from __future__ import annotations

import ast
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.hosts.python.nodes import last

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_rewriter.edit import Span
    from schema_rewriter.hosts.python.syntax import Syntax

_SUFFIX = r"\.(?:sql|pgsql|psql|ddl|dml|j2|jinja2?|postgres|txt|tmpl|tpl|in)"
_SQL = re.compile(r"\.(?:sql|pgsql|psql|ddl|dml)(?:\.\w+)?\Z", re.IGNORECASE)
_ANY = re.compile(rf"{_SUFFIX}\Z", re.IGNORECASE)
_KEEPING = frozenset(("Path", "PurePath", "PosixPath", "str", "fspath", "abspath", "realpath", "normpath", "as_file"))
_SAME = frozenset(("resolve", "absolute", "as_posix", "expanduser", "open", "read_text", "read_bytes"))
_READING = frozenset(("open", "read_text", "read_bytes", "read_binary", "open_text", "open_binary", "get_data"))


@dataclass(frozen=True, slots=True)
class Link:
    """A path that code spells, in bytes of its file; `anchored` tells that it begins at the project's root.

    Any other may begin anywhere: at the file's directory, at one above it, at the working directory.
    """

    span: Span
    path: str
    anchored: bool


@dataclass(frozen=True, slots=True)
class _Path:
    text: str
    anchored: bool = False


def links(path: str, syntax: Syntax) -> Iterator[Link]:
    """The paths of files with SQL that the Python file `path`, relative to the root, spells."""
    if (placed := syntax.placed) is None:
        return
    module, places = placed
    reader = _Reader(path, module)
    done: set[tuple[str, bool]] = set()
    for node in reader.parents:
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and _ANY.search(node.value)):
            continue
        top: ast.AST = node
        found = reader.path_of(node)
        parent = reader.parents[node]
        while parent is not None and isinstance(parent, ast.expr) and (wider := reader.path_of(parent)) is not None:
            top, found = parent, wider
            parent = reader.parents[parent]
        if found is None or not _ANY.search(found.text):
            continue
        if not (_SQL.search(found.text) or reader.is_read(top)) or (found.text, found.anchored) in done:
            continue
        if (span := places.span(node)) is not None:
            done.add((found.text, found.anchored))
            yield Link(span, posixpath.normpath(found.text), found.anchored)


class _Reader:
    def __init__(self, path: str, module: ast.Module) -> None:
        self.file = path
        self.parents: dict[ast.AST, ast.AST | None] = {}
        self.bound: dict[str, list[ast.expr]] = {}
        for node in ast.walk(module):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, (ast.Name, ast.Attribute)):
                        self.bound.setdefault(last(target), []).append(node.value)
            elif isinstance(node, ast.AnnAssign) and node.value and isinstance(node.target, (ast.Name, ast.Attribute)):
                self.bound.setdefault(last(node.target), []).append(node.value)

    def is_read(self, node: ast.AST) -> bool:
        """Whether an expression is what a call reads, by itself or by the name that it is bound to."""
        parent = self.parents.get(node)
        if isinstance(node, ast.Call) and last(node.func) in _READING:
            return True
        if isinstance(parent, ast.Call):
            return last(parent.func) in _READING and node in parent.args
        if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], (ast.Name, ast.Attribute)):
            name = last(parent.targets[0])
            return any(
                (isinstance(above, ast.Call) and last(above.func) in _READING)
                or (isinstance(above, ast.Attribute) and above.attr in _READING)
                for other, above in self.parents.items()
                if isinstance(other, (ast.Name, ast.Attribute)) and last(other) == name
            )
        return False

    def path_of(self, node: ast.AST | None, depth: int = 0) -> _Path | None:
        """The path that an expression comes to; None for any other."""
        if depth > 20 or node is None:
            return None
        depth += 1
        if isinstance(node, ast.Constant):
            return _Path(node.value) if isinstance(node.value, str) and "\n" not in node.value else None
        if isinstance(node, ast.Name) and node.id == "__file__":
            return _Path(self.file, True)
        if isinstance(node, ast.Name) and node.id in ("__package__", "__name__"):
            return _Path(posixpath.dirname(self.file), True)
        if isinstance(node, ast.Attribute) and node.attr == "parent":
            return _parent(self.path_of(node.value, depth), 1)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "parents":
            index = node.slice.value if isinstance(node.slice, ast.Constant) else None
            return _parent(self.path_of(node.value.value, depth), index + 1) if isinstance(index, int) else None
        if isinstance(node, (ast.Name, ast.Attribute)):
            values = self.bound.get(last(node), ())
            return self.path_of(values[0], depth) if len(values) == 1 else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
            parts = [self.path_of(node.left, depth), self.path_of(node.right, depth)]
            return _joined(parts, "/" if isinstance(node.op, ast.Div) else "")
        if isinstance(node, ast.JoinedStr):
            inner = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
            return _joined([self.path_of(part, depth) for part in inner], "")
        return self._called(node, depth) if isinstance(node, ast.Call) else None

    def _called(self, node: ast.Call, depth: int) -> _Path | None:
        name = last(node.func)
        arguments = [self.path_of(argument, depth) for argument in node.args]
        first = arguments[0] if arguments else None
        receiver = self.path_of(node.func.value, depth) if isinstance(node.func, ast.Attribute) else None
        if name == "files" and len(node.args) == 1:
            package = self._package(node.args[0], first)
            return package or _Path("")  # a module that is imported: its directory is not known
        if name in ("get_data", "read_text", "read_binary", "open_text", "open_binary") and len(node.args) >= 2:
            package = self._package(node.args[0], first)
            return _joined([package, arguments[1]], "/") if package and arguments[1] else None
        if receiver is not None and name in ("joinpath", "__truediv__"):
            return _joined([receiver, *arguments], "/")
        if receiver is not None and name == "with_name":
            return _joined([_parent(receiver, 1), first], "/")
        if receiver is not None and name == "with_suffix" and first:
            return _Path(posixpath.splitext(receiver.text)[0] + first.text, receiver.anchored)
        if receiver is not None and name in _SAME:
            return receiver
        if name == "join" and receiver is None and arguments:  # os.path.join
            return _joined(arguments, "/")
        if name == "dirname":
            return _parent(first, 1)
        return _joined(arguments, "/") if name in _KEEPING and arguments else None

    def _package(self, node: ast.expr, written: _Path | None) -> _Path | None:
        if written is None or written.anchored:
            return written
        return _Path(written.text.replace(".", "/")) if isinstance(node, ast.Constant) else written


def _parent(path: _Path | None, levels: int) -> _Path | None:
    for _ in range(levels):
        if path is None:
            return None
        above = posixpath.dirname(path.text) if path.text else ".."
        path = _Path(above, path.anchored)
    return path


def _joined(parts: list[_Path | None], separator: str) -> _Path | None:
    text, anchored = "", False
    for part in parts:
        if part is None:
            return None
        if part.anchored:
            text, anchored = part.text, True
        else:
            text = f"{text}{separator if text else ''}{part.text}"
    return _Path(text, anchored)
