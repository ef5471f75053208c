"""What visitors of the library can ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from examples.django_app.models import Book

if TYPE_CHECKING:
    from django.http import HttpRequest

__all__ = ["urlpatterns"]


@require_GET
def books(_request: HttpRequest) -> JsonResponse:
    """All of them; the list is kept for a minute."""
    titles = cache.get_or_set("titles", lambda: list(Book.objects.values_list("title", flat=True)), timeout=60)
    return JsonResponse({"books": titles})


@require_GET
def book(_request: HttpRequest, number: int) -> JsonResponse:
    """One of them."""
    found = get_object_or_404(Book, pk=number)
    return JsonResponse({"title": found.title, "lent": found.lent})


@csrf_exempt
@require_POST
def lend(_request: HttpRequest, number: int) -> HttpResponse:
    """Lend one."""
    with transaction.atomic():
        lent = Book.objects.select_for_update().filter(pk=number, lent=False).update(lent=True)
    return HttpResponse(status=204 if lent else 409)


urlpatterns = [
    path("books/", include([path("", books), path("<int:number>/", book), path("<int:number>/lend/", lend)])),
]
