"""The files of a migration, run over a connection: in their order, with a log, and no further than a gate."""
