"""A lending library in Django, as ASGI.

These lines make it observable:

    + import vedette
    + application = vedette.instrument(application)

``uvicorn examples.django_app.asgi:application`` serves it; its metrics are at ``/metrics``, its health at ``/health``.
"""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

import vedette

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examples.django_app.settings")

application = get_asgi_application()
application = vedette.instrument(application)
