"""The stack in a Kubernetes cluster, in ``kubernetes/`` beside the files of a build: manifests for kustomize."""

from vedette.build.kubernetes.project import files

__all__ = ["files"]
