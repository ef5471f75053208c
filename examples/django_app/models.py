"""What the library has."""

from __future__ import annotations

from django.db import models

__all__ = ["Book"]


class Book(models.Model):
    """A book, on its shelf or lent."""

    title = models.CharField(max_length=200)
    lent = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.title
