"""Which system runs which stretches of Python code, PostgreSQL or another, as the code shows; knows no SQL."""
