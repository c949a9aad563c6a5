"""Files in other languages than Python: their string literals are texts that are told, and never edited."""
