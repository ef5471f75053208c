"""How the database of the library came to be."""
