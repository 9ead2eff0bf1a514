"""Settings from environment variables, read with environs."""

import os
from pathlib import Path
from typing import Any

from environs import FileAwareEnv, ValidationError


class Env(FileAwareEnv):
    """Environment variables, or the files that ``NAME_FILE`` names.

    See https://github.com/sloria/environs.
    """

    def secret(self, name: str, default: str | None = None, **options: Any) -> str:
        """Return a string that may be stored in a file; an unreadable file is reported with the other errors.

        Parameters:
            default: the value when it is unset or empty; without one, it is required.
            options: those of ``str``, ``validate`` for example.
        """

        def check_file(path: str) -> None:
            if path and os.environ.get(name):
                raise ValidationError(f"{name} is set too. Keep one of them.")
            try:
                Path(path or os.devnull).read_text()
            except (OSError, ValueError) as error:
                raise ValidationError(f"The file cannot be read ({type(error).__name__}).") from error

        if self.str(f"{name}_FILE", "", validate=check_file) is None:
            return ""
        if default is not None and not self.str(name, ""):
            return default
        return self.str(name, **options) or ""


def split(text: str) -> list[str]:
    """Return the comma-separated parts of a text, without blanks around them."""
    return [part.strip() for part in text.split(",") if part.strip()]
