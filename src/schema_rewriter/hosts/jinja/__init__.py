"""Jinja templates of SQL."""
