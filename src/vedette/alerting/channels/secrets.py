"""Credentials and certificates, read from their files at every attempt so that a rotated secret works at once."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.place import Place

__all__ = ["SettingError", "read_secret", "tls_context"]


class SettingError(Exception):
    """A file that the configuration names cannot be used now; the message holds no secret."""


def read_secret(path: str, place: Place | None) -> str:
    """The text of a secret's file, relative to the configuration that names it.

    Raises:
        SettingError: the file cannot be read.
    """
    file = _beside(path, place)
    try:
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise SettingError(f"{file}: {error.strerror}; write the secret into this file") from None
    except UnicodeDecodeError:
        raise SettingError(f"{file}: not UTF-8 text") from None


def _beside(path: str, place: Place | None) -> Path:
    return Path(place.file).parent / path if place else Path(path)


def tls_context(tls: Mapping[str, Any], place: Place | None) -> ssl.SSLContext:
    """What ``tls_config`` says about certificates.

    Raises:
        SettingError: a certificate or key cannot be used.
    """
    try:
        authority = tls.get("ca_file")
        context = ssl.create_default_context(cafile=_beside(authority, place) if authority else None)
        if tls.get("insecure_skip_verify"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if tls.get("cert_file"):
            key = tls.get("key_file")
            context.load_cert_chain(_beside(tls["cert_file"], place), _beside(key, place) if key else None)
    except (OSError, ssl.SSLError) as error:
        raise SettingError(f"tls_config: {error}") from None
    return context
