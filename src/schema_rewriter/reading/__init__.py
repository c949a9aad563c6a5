"""A file read once into a value: its texts, what SQL says of each, how sure that is, whose SQL it is."""
