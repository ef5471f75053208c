"""Which version of the service runs: as the application says, or whoever started it in ``OTEL_RESOURCE_ATTRIBUTES``."""

from __future__ import annotations

import os

from vedette.packs.runtime import build_info

__all__ = ["tell"]


def tell(version: str | None = None, revision: str | None = None, package: str | None = None) -> None:
    """Tell version and revision; nothing where nobody says one.

    What is not given is read from ``OTEL_RESOURCE_ATTRIBUTES`` (``service.version``, ``vcs.ref.head.revision``), and a
    version that is not there either from the installed ``package``.
    """
    told = _attributes(os.environ.get("OTEL_RESOURCE_ATTRIBUTES", ""))
    version = version or told.get("service.version") or (_installed(package) if package else "")
    revision = revision or told.get("vcs.ref.head.revision", "")
    if version or revision:
        build_info.set(version, revision)


def _attributes(text: str) -> dict[str, str]:
    """https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable."""
    found = {}
    for pair in text.split(","):
        name, _, value = pair.partition("=")
        if "%" in value:
            from urllib.parse import unquote  # noqa: PLC0415 - few values need it

            value = unquote(value)
        found[name.strip()] = value.strip()
    return found


def _installed(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - only for who asks

    try:
        return version(package)
    except PackageNotFoundError:
        return ""
