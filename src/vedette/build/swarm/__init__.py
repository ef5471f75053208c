"""The stack on a Docker Swarm, in ``swarm/`` beside the files of a build, which become its configs."""

from vedette.build.swarm.stack import files

__all__ = ["files"]
