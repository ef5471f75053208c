"""The stack on a plain host: units for systemd in ``systemd/``, and the scripts that install the build."""

from vedette.build.systemd.project import files

__all__ = ["files"]
