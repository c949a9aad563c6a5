"""noxfile.py: `nox -s schema_rewrite`, or `nox -s schema_rewrite -- --fix`."""

import nox


@nox.session
def schema_rewrite(session: nox.Session) -> None:
    """SQL names each moved table by its new schema."""
    session.install("schema-rewrite")
    session.run("schema-rewrite", *(session.posargs or ["--check"]))
