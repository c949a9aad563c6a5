// Starts `schema-rewrite lsp` in the workspace's folder; all else is the server's.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = async (context) => {
  const settings = workspace.getConfiguration("schemaRewrite");
  const [command, ...args] = settings.get("command");
  const folder = workspace.workspaceFolders?.[0];
  client = new LanguageClient(
    "schemaRewrite",
    "schema-rewrite",
    { command, args, options: { cwd: folder?.uri.fsPath } },
    { documentSelector: [{ scheme: "file" }], initializationOptions: { docs: settings.get("docs") } },
  );
  context.subscriptions.push(client);
  await client.start();
};

exports.deactivate = () => client?.stop();
