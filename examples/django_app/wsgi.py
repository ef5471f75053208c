"""A lending library in Django, as WSGI.

These lines make it observable:

    + import vedette
    + application = vedette.instrument(application)

``gunicorn examples.django_app.wsgi`` serves it, and so does ``python -m examples.django_app.manage runserver``; its
metrics are at ``/metrics``, its health at ``/health``. Queries and caches are measured, too.
"""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

import vedette

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examples.django_app.settings")

application = get_wsgi_application()
application = vedette.instrument(application)
