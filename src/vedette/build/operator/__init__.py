"""The stack as objects of the Prometheus Operator, in ``operator/`` beside the files of a build."""

from vedette.build.operator.project import files

__all__ = ["files"]
