"""What all forms share."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.validators import ValidationError


class Form(FlaskForm):
    """A form whose values a service stores."""

    @property
    def fields(self) -> dict[str, Any]:
        """The values by field."""
        return {name: value for name, value in self.data.items() if name != "csrf_token"}


def strip(text: str | None) -> str:
    """Remove surrounding blanks; a missing text is an empty one."""
    return (text or "").strip()


def no_nul_bytes(_form: FlaskForm, field: Field) -> None:
    """Reject NUL, which PostgreSQL cannot store in a text."""
    if "\x00" in field.data:
        raise ValidationError("This text contains an invalid character.")
