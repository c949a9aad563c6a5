"""Where a database stands between its old layout and the new one."""
