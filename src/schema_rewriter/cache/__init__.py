"""What is known of files from earlier runs: values as text, a file that holds them, and by what they were made.

Knows no run: what is asked of a file, and when, is told in `run.known`.
"""
