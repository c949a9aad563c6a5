"""Databases that are audited: as they are before a migration, and while old names still stand."""

BASE = """
CREATE TABLE events (id int PRIMARY KEY, kind text);
CREATE TABLE agents (id int PRIMARY KEY, event_id int REFERENCES events);
"""

EXPANDED = """
CREATE SCHEMA app;
ALTER TABLE events SET SCHEMA app;
ALTER TABLE agents SET SCHEMA app;
CREATE VIEW events WITH (security_invoker = true) AS SELECT * FROM app.events;
COMMENT ON VIEW events IS 'schema-rewrite:compat app.events';
CREATE VIEW agents WITH (security_invoker = true) AS SELECT * FROM app.agents;
COMMENT ON VIEW agents IS 'schema-rewrite:compat app.agents';
"""
