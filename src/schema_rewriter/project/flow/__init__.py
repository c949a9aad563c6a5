"""How values flow through the code of a project, and what follows for the names among them."""
