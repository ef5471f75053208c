"""A lending library in Django: books are listed, and lent."""
