"""The forms of the pages."""

from flask_wtf import FlaskForm
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from app.models.note import BODY_LENGTH, TITLE_LENGTH


def strip(text: str | None) -> str | None:
    """Take the blanks off both ends, so that a title of blanks counts as missing."""
    return text.strip() if text else text


def storable(_form: FlaskForm, field: Field) -> None:
    """Refuse NUL, which PostgreSQL cannot store in a text."""
    if field.data and "\x00" in field.data:
        raise ValidationError("This text holds a character that cannot be stored.")


class NoteForm(FlaskForm):
    """A new note."""

    title = StringField(
        "Title", filters=[strip], validators=[DataRequired(), Length(max=TITLE_LENGTH), storable]
    )
    body = TextAreaField("Text", filters=[strip], validators=[Length(max=BODY_LENGTH), storable])
