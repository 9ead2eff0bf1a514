"""What the template adds to Cookiecutter: filters, derived answers and refusals, loaded by `_extensions`."""

import sys
from importlib import import_module
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import Extension as JinjaExtension

_loaded: dict[str, int] = {}


def _fresh(name: str):
    """Import the submodule `name`, again when its file has changed since.

    `cruft update` renders two versions of the template in one process, from one folder, and Python
    would go on using the first version's code for the second.
    """
    stamp = (Path(__file__).parent / f"{name}.py").stat().st_mtime_ns
    if _loaded.setdefault(name, stamp) != stamp:
        _loaded[name] = stamp
        sys.modules.pop(f"{__name__}.{name}", None)
    return import_module(f"{__name__}.{name}")


class Extension(JinjaExtension):
    """Registers the filters and puts the gate in front of everything that Cookiecutter renders."""

    def __init__(self, environment: Environment) -> None:
        """Prepare `environment`, one of those that Cookiecutter makes for a run."""
        super().__init__(environment)
        for name in ("filters", "answers", "gate"):
            _fresh(name).register(environment)
