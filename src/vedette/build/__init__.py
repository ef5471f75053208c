"""A stack as values of `formats`, then as text. One file per target."""
