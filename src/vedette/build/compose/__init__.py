"""The stack as a Docker Compose project, in ``compose/`` beside the files of a build, which it mounts as they are."""

from vedette.build.compose.project import files

__all__ = ["files"]
