"""The forms of the pages."""

from flask_wtf import FlaskForm
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from app.models.note import BODY_LENGTH, TITLE_LENGTH


def strip(text: str | None) -> str:
    """Remove surrounding blanks; a missing text is an empty one."""
    return (text or "").strip()


def no_nul_bytes(_form: FlaskForm, field: Field) -> None:
    """Reject NUL, which PostgreSQL cannot store in a text."""
    if "\x00" in field.data:
        raise ValidationError("This text contains an invalid character.")


class NoteForm(FlaskForm):
    """The fields of a note."""

    title = StringField(
        "Title", filters=[strip], validators=[DataRequired(), Length(max=TITLE_LENGTH), no_nul_bytes]
    )
    body = TextAreaField("Body", filters=[strip], validators=[Length(max=BODY_LENGTH), no_nul_bytes])
