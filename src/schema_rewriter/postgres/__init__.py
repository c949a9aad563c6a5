"""PostgreSQL itself: a private server, connections, the catalog, its audit, the proof. Alone imports the driver."""
