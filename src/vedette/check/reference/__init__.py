"""The reference of a stack: what it measures, judges, shows and advises, as Markdown pages that lead to one another."""

from vedette.check.reference.pages import picture_of, reference

__all__ = ["picture_of", "reference"]
