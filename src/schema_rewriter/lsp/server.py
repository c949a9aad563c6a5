"""The server: documents in, diagnostics, fixes and hovers out. pygls speaks the protocol; `Session` judges."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from schema_rewriter.edit import Span
from schema_rewriter.errors import SchemaRewriteError, internal
from schema_rewriter.finding import Applicability
from schema_rewriter.lsp.documents import Positions
from schema_rewriter.rewriting.explanation import explain
from schema_rewriter.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_rewriter.finding import Finding
    from schema_rewriter.run.session import Judged, Session

_PAUSE = 0.05
"""How long a document has to rest before it is judged, in seconds."""
FIX_ALL = "source.fixAll.schemaRewrite"


class Server(LanguageServer):
    """A server for one project, which `open_session` reads: at the start, and again when a file is saved."""

    def __init__(self, open_session: Callable[[], Session], root: Path) -> None:
        super().__init__("schema-rewrite", VERSION, types.TextDocumentSyncKind.Full)
        self._open_session, self._root = open_session, root
        self._session: Session | None = None
        self._judged: dict[str, tuple[bytes, Judged]] = {}
        self._versions: dict[str, int] = {}
        self.docs = ""

    def refresh(self) -> None:
        """Read the project anew."""
        try:
            self._session = self._open_session()
        except SchemaRewriteError as error:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"schema-rewrite: {error}"))
        self._judged.clear()

    def judged(self, uri: str) -> tuple[Judged, Positions] | None:
        """What is found in a document as it is held; None for one outside of the project."""
        path, session = self._path(uri), self._session
        if path is None or session is None:
            return None
        source = self.workspace.get_text_document(uri).source.encode()
        known = self._judged.get(uri)
        if known is None or known[0] != source:
            known = source, session.judge(path, source)
            self._judged[uri] = known
        return known[1], Positions.of(source, str(getattr(self.workspace.position_encoding, "value", "utf-16")))

    def _path(self, uri: str) -> str | None:
        path = to_fs_path(uri)
        full = Path(path).resolve() if path else None
        is_ours = full is not None and full.is_relative_to(self._root)
        return full.relative_to(self._root).as_posix() if full is not None and is_ours else None

    async def publish(self, uri: str) -> None:
        """Tell the diagnostics of a document once it rests."""
        self._versions[uri] = number = self._versions.get(uri, 0) + 1
        await asyncio.sleep(_PAUSE)
        if self._versions.get(uri) == number:
            self.publish_now(uri)

    def publish_now(self, uri: str) -> None:
        """Tell the diagnostics of a document."""
        try:
            found = self.judged(uri)
        except Exception as error:  # noqa: BLE001 - a bug of ours must not end the editor's server
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, internal(error)))
            return
        if found is None:
            return
        judged, positions = found
        told = [positions.diagnostic(finding, self.docs) for finding in judged.result.findings]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, told))

    def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """A quick fix for each finding in the range, and one for all of the document."""
        found, uri = self.judged(params.text_document.uri), params.text_document.uri
        if found is None:
            return []
        judged, positions = found
        asked = Span(positions.byte(params.range.start), positions.byte(params.range.end))
        here = [one for one in judged.result.findings if one.edits and _touches(one.span, asked)]
        fixes = [action for one in here if (action := _quick_fix(one, judged, positions, uri)) is not None]
        edits = positions.text_edits(edit for finding in judged.result.applied for edit in finding.edits)
        if edits:
            edit = types.WorkspaceEdit(changes={uri: edits})
            fixes.append(types.CodeAction("Qualify all that is sure", FIX_ALL, edit=edit))
        only = params.context.only
        return fixes if only is None else [fix for fix in fixes if _is_among(str(fix.kind), only)]

    def hover(self, params: types.HoverParams) -> types.Hover | None:
        """Where the relation at a position lives, why, and who else names it."""
        found = self.judged(params.text_document.uri)
        if found is None or self._session is None or found[0].file.error is not None:
            return None
        judged, positions = found
        at, path = positions.byte(params.position), judged.result.path
        line = positions.lines.near(at)
        for item in explain(judged.file, judged.context, judged.result, line):
            if not item.span.start <= at <= item.span.stop:
                continue
            said = [f"**{heading}**: {_plain(sentence)}" for heading, sentence in item.facts]
            target = next((one.target for one in judged.result.findings if one.span.overlaps(item.span)), None)
            others = self._session.places.get(target) if target else None
            named = [f"`{name}` ({count})" for name, count in sorted((others or {}).items()) if name != path]
            said += [f"**also named in**: {', '.join(named[:8])}" + (" .." if len(named) > 8 else "")] if named else []
            content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n".join(said))
            return types.Hover(content, positions.range(item.span))
        return None


def _plain(text: str) -> str:
    """A text in which Markdown means nothing."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|" else char for char in text)


def _touches(span: Span, asked: Span) -> bool:
    return span.start <= asked.stop and asked.start <= span.stop


def _is_among(kind: str, only: object) -> bool:
    wanted = [str(getattr(one, "value", one)) for one in only] if isinstance(only, (list, tuple)) else []
    return any(kind == one or kind.startswith(f"{one}.") for one in wanted)


def _quick_fix(finding: Finding, judged: Judged, positions: Positions, uri: str) -> types.CodeAction | None:
    """The fix of one finding, proved alone."""
    edits = positions.text_edits(judged.edits(finding.span))
    if not edits:
        return None
    is_sure = finding.applicability is Applicability.SAFE
    title = f"Write {finding.target}" if finding.target else finding.message
    return types.CodeAction(
        title if is_sure else f"{title} (look twice: {finding.reason})",
        types.CodeActionKind.QuickFix.value,
        [positions.diagnostic(finding)],
        is_preferred=is_sure,
        edit=types.WorkspaceEdit(changes={uri: edits}),
    )


def made(open_session: Callable[[], Session], root: Path) -> Server:
    """The server, with what it answers to."""
    server = Server(open_session, root.resolve())

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        options = params.initialization_options
        server.docs = str(options.get("docs", "")) if isinstance(options, dict) else ""

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        server.refresh()
        for uri in server.workspace.text_documents:
            server.publish_now(uri)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.publish_now(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        await server.publish(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.refresh()
        for uri in server.workspace.text_documents:
            server.publish_now(uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        none = types.PublishDiagnosticsParams(params.text_document.uri, [])
        server.text_document_publish_diagnostics(none)

    kinds = [types.CodeActionKind.QuickFix, FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        return server.actions(params)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        return server.hover(params)

    return server
