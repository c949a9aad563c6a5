"""Which relations there are, and who does what with them."""
