"""The notification templates: our defaults, and the files a configuration names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.alerting.delivery import RenderError
from vedette.errors import ConfigError
from vedette.formats.gotemplate import Template, TemplateError
from vedette.formats.template_functions import alertmanager_functions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.formats.alertmanager import AlertmanagerConfig
    from vedette.formats.gotemplate.parse import Tree

__all__ = ["Templates"]


@dataclass(frozen=True, slots=True)
class Templates:
    """Every template that a notification may name."""

    definitions: Mapping[str, Tree]

    @classmethod
    def load(cls, config: AlertmanagerConfig | None = None) -> Templates:
        """Our own templates, and over them the files of ``templates:`` (patterns relative to the configuration).

        Raises:
            ConfigError: a file cannot be read or is not a template.
        """
        definitions = dict(_defaults())
        base = Path(config.place.file).parent if config and config.place else Path()
        for pattern in config.templates if config else ():
            for path in _glob(base, pattern):
                try:
                    text = path.read_text("utf-8")
                    definitions |= _parse(text, str(path)).definitions
                except TemplateError as error:
                    raise ConfigError(f"{path}:{error.line}:{error.column}: {error.message}") from error
                except (OSError, UnicodeDecodeError) as error:
                    raise ConfigError(f"{path}: cannot be read as a template: {error}") from error
        return cls(definitions)

    def text(self, source: str, data: object, now: int, *, html: bool = False) -> str:
        """The output of a template text of the configuration, such as a subject.

        Raises:
            RenderError: it is not a template, or fails on this data.
        """
        try:
            parsed = _text(source)
            template = replace(parsed, definitions={**self.definitions, **parsed.definitions})
            return template.execute(data, functions=alertmanager_functions(now), html=html)
        except TemplateError as error:
            raise RenderError(str(error)) from error


def _glob(base: Path, pattern: str) -> list[Path]:
    path = Path(pattern)
    root = Path(path.anchor) if path.is_absolute() else base
    return sorted(root.glob(str(path.relative_to(path.anchor) if path.is_absolute() else path)))


def _parse(text: str, name: str) -> Template:
    return Template.parse(text, name, functions=alertmanager_functions())


@lru_cache(maxsize=256)
def _text(source: str) -> Template:
    """A text of a configuration, which has few of them and many notifications."""
    return Template.parse(source, functions=alertmanager_functions(), missing="zero")


@lru_cache(maxsize=1)
def _defaults() -> Mapping[str, Tree]:
    folder = files("vedette.alerting.channels").joinpath("templates")
    definitions: dict[str, Tree] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".tmpl"):
            definitions |= _parse(entry.read_text("utf-8"), entry.name).definitions
    return definitions
