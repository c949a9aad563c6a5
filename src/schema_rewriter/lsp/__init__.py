"""The language server: what a run tells of a file, told of what an editor holds."""
