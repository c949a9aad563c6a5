"""What is to be done about each name of a file, proved: the pure centre."""
