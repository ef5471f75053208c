"""The settings of the lending library. Nothing in them is for Vedette."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__: list[str] = []

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("LIBRARY_DATABASE", str(Path(tempfile.gettempdir()) / "library.sqlite3")),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["examples.django_app"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "examples.django_app.urls"
SECRET_KEY = os.environ.get("LIBRARY_SECRET", "for trying it alone")
USE_TZ = True
WSGI_APPLICATION = "examples.django_app.wsgi.application"
