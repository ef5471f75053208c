"""Books, and the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import migrations, models

if TYPE_CHECKING:
    from django.apps.registry import Apps

__all__ = ["Migration"]


def _add_books(apps: Apps, _editor: object) -> None:
    books = apps.get_model("django_app", "Book").objects
    for title in ("Middlemarch", "The Trial", "Beloved"):
        books.create(title=title)


class Migration(migrations.Migration):
    """The first one."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[object]] = [
        migrations.CreateModel(
            name="Book",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200)),
                ("lent", models.BooleanField(default=False)),
            ],
        ),
        migrations.RunPython(_add_books),
    ]
