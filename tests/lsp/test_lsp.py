"""The language server, asked by a real client over stdio."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from schema_rewriter.edit import Edit, Span, apply
from schema_rewriter.lsp.documents import Positions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

RULES = '[[move]]\nfrom = "public"\nto = "app"\ntables = ["events", "users"]\n'
CODE = 'QUERY = "SELECT * FROM events"\n'
WAIT = 60
"""Seconds after which a server that says nothing is taken for dead; nothing is timed by it."""


class Client(LanguageClient):
    """An editor that keeps what it is told, and can wait for it."""

    def __init__(self) -> None:
        super().__init__("test", "1")
        self.told: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()

    async def next(self, uri: str) -> list[types.Diagnostic]:
        """The next diagnostics of a document."""
        while True:
            told = await asyncio.wait_for(self.told.get(), WAIT)
            if told.uri == uri:
                return list(told.diagnostics)


def _session(root: Path, use: Callable[[Client], Awaitable[None]]) -> None:
    """A client and the server in a project, from the first word to the last."""

    async def main() -> None:
        client = Client()

        def publish(params: types.PublishDiagnosticsParams) -> None:
            client.told.put_nowait(params)

        client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(publish)

        await client.start_io(sys.executable, "-m", "schema_rewriter", "lsp", cwd=root)
        await client.initialize_async(
            types.InitializeParams(
                types.ClientCapabilities(),
                root_uri=root.as_uri(),
                initialization_options={"docs": "https://docs.test/"},
            )
        )
        client.initialized(types.InitializedParams())
        await use(client)
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()  # type: ignore[no-untyped-call]

    asyncio.run(main())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.schema-rewrite]\nrules = ["rules.toml"]\n', "utf-8")
    (tmp_path / "rules.toml").write_text(RULES, "utf-8")
    (tmp_path / "names.py").write_text('TABLE = "events"\n', "utf-8")
    (tmp_path / "a.py").write_text(CODE, "utf-8")
    (tmp_path / "worker.go").write_text('q := "SELECT * FROM events"\n', "utf-8")
    return tmp_path


def _opened(client: Client, path: Path, text: str) -> str:
    uri = path.as_uri()
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, text)))
    return uri


def _changed(client: Client, uri: str, text: str, version: int) -> None:
    document = types.VersionedTextDocumentIdentifier(version, uri)
    whole = types.TextDocumentContentChangeWholeDocument(text)
    client.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))


async def _actions(client: Client, uri: str, range_: types.Range) -> dict[str, list[types.TextEdit]]:
    context = types.CodeActionContext([])
    document = types.TextDocumentIdentifier(uri)
    found = await client.text_document_code_action_async(types.CodeActionParams(document, range_, context))
    made: dict[str, list[types.TextEdit]] = {}
    for action in found or ():
        assert isinstance(action, types.CodeAction) and action.edit and action.edit.changes
        made[action.title] = list(action.edit.changes[uri])
    return made


def _with(text: str, edits: list[types.TextEdit]) -> str:
    positions = Positions.of(text.encode(), "utf-16")
    made = [
        Edit(Span(positions.byte(edit.range.start), positions.byte(edit.range.end)), edit.new_text.encode())
        for edit in edits
    ]
    return apply(text.encode(), made).decode()


def test_what_is_not_saved_is_told_with_what_the_project_says(project: Path) -> None:
    """Findings with code and link, those of a name that another file holds too, and none for what is right."""

    async def use(client: Client) -> None:
        uri = _opened(client, project / "a.py", CODE)
        (one,) = await client.next(uri)
        assert (one.code, one.range.start, one.source) == (
            "unqualified-relation", types.Position(0, 23), "schema-rewrite",
        )  # fmt: skip
        assert one.code_description == types.CodeDescription("https://docs.test/findings.html#unqualified-relation")
        text = (
            '# 😀\nfrom names import TABLE\nquery = "\u00e9😀", f"SELECT * FROM {TABLE}"\nx = "SELECT 1 FROM users"\n'
        )
        _changed(client, uri, text, 2)
        told = await client.next(uri)
        assert [(each.code, each.range.start.line) for each in told] == [("unqualified-relation", 3)]
        _changed(client, uri, 'QUERY = "SELECT * FROM app.events"\n', 3)
        assert await client.next(uri) == []

    _session(project, use)


def test_a_fix_for_one_and_for_all(project: Path) -> None:
    """Edits in the client's units, behind characters of two of them."""
    text = 'a = "😀", "SELECT * FROM events", "SELECT * FROM users"\nb = "DELETE FROM users WHERE a = 1"\n'

    async def use(client: Client) -> None:
        uri = _opened(client, project / "a.py", text)
        told = await client.next(uri)
        assert len(told) == 3
        found = await _actions(client, uri, told[0].range)
        assert _with(text, found["Write app.events"]) == text.replace("events", "app.events")
        every = text.replace("events", "app.events").replace("users", "app.users")
        assert _with(text, found["Qualify all that is sure"]) == every

    _session(project, use)


def test_a_hover_tells_why_and_who_else(project: Path) -> None:
    """What explain tells, and the other files that name the relation."""

    async def use(client: Client) -> None:
        uri = _opened(client, project / "a.py", CODE)
        await client.next(uri)
        at = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(0, 25))
        found = await client.text_document_hover_async(at)
        assert found is not None and isinstance(found.contents, types.MarkupContent)
        assert "app" in found.contents.value and "`worker.go` (1)" in found.contents.value
        nothing = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(0, 2))
        assert await client.text_document_hover_async(nothing) is None

    _session(project, use)


def test_what_can_not_be_read_and_what_is_elsewhere_ends_nothing(project: Path, tmp_path_factory: Any) -> None:
    """Broken code has no diagnostics, a file of another project neither; the next one has its own."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "b.py"

    async def use(client: Client) -> None:
        _opened(client, elsewhere, CODE)
        uri = _opened(client, project / "a.py", "events = (\n")
        assert await client.next(uri) == []
        assert await _actions(client, elsewhere.as_uri(), types.Range(types.Position(0, 0), types.Position(0, 9))) == {}
        _changed(client, uri, CODE, 2)
        assert len(await client.next(uri)) == 1

    _session(project, use)
