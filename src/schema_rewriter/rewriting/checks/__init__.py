"""One file for each finding code that has a question of its own: of names in SQL, or, as CHECKS, of a whole file.

A check gets a file, what it gets from the others of its project, and the day, and tells findings in any order.
The rules are the file's. What is found on names by their texts (`rewriting.references`) is arbitrated by bytes first.
"""
