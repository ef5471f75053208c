"""Checks of the code that the instruments are for."""
