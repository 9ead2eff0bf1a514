"""What all forms share."""

from typing import Any

from flask_wtf import FlaskForm


class Form(FlaskForm):
    """A form whose values a service stores."""

    @property
    def fields(self) -> dict[str, Any]:
        """The values by field."""
        return {name: value for name, value in self.data.items() if name != "csrf_token"}


def strip(text: str | None) -> str:
    """Remove surrounding blanks; a missing text is an empty one.

    Raises:
        ValueError: it contains NUL, which PostgreSQL cannot store; the field shows the message.
    """
    if text and "\x00" in text:
        raise ValueError("This text contains an invalid character.")
    return (text or "").strip()
