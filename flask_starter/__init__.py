"""What the template adds to Cookiecutter: filters, derived answers and refusals, loaded by `_extensions`."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

from cookiecutter import __version__ as cookiecutter_version
from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from jinja2.ext import Extension as JinjaExtension

_loaded: dict[str, int] = {}


def _fresh(name: str) -> ModuleType:
    """Import the submodule `name`, again when its file has changed since.

    `cruft update` renders two versions of the template in one process, from one folder, and Python
    would go on using the first version's code for the second.
    """
    stamp = (Path(__file__).parent / f"{name}.py").stat().st_mtime_ns
    if _loaded.setdefault(name, stamp) != stamp:
        _loaded[name] = stamp
        sys.modules.pop(f"{__name__}.{name}", None)
    return import_module(f"{__name__}.{name}")


def _demand_versions() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - Cookiecutter itself runs on older ones
        raise FailedHookException("This template needs Python 3.11 or later: run Cookiecutter with one")
    # Older ones look for their own delimiters in the folder's name.
    if tuple(map(int, cookiecutter_version.split(".")[:2])) < (2, 6):
        raise FailedHookException(
            "This template needs Cookiecutter 2.6 or later: pip install -U cookiecutter"
        )


class Extension(JinjaExtension):
    """Registers the filters and puts the gate in front of everything that Cookiecutter renders."""

    def __init__(self, environment: Environment) -> None:
        """Prepare `environment`, one of those that Cookiecutter makes for a run."""
        super().__init__(environment)
        _demand_versions()
        for name in ("filters", "answers", "call", "trouble", "gate"):
            _fresh(name).register(environment)
