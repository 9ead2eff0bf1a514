"""The forms of the pages."""

from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.models.note import BODY_LENGTH, TITLE_LENGTH


def strip(text: str | None) -> str | None:
    """Take the blanks off both ends, so that a title of blanks counts as missing."""
    return text.strip() if text else text


class NoteForm(FlaskForm):
    """A new note."""

    title = StringField("Title", filters=[strip], validators=[DataRequired(), Length(max=TITLE_LENGTH)])
    body = TextAreaField("Text", filters=[strip], validators=[Length(max=BODY_LENGTH)])
