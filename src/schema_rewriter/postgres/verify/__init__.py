"""The statements of code, proved on PostgreSQL before and after the move."""
