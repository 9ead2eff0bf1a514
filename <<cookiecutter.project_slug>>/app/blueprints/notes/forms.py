"""The form of notes."""

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.blueprints.main.forms import Form, strip
from app.models.note import BODY_LENGTH, TITLE_LENGTH


class NoteForm(Form):
    """The fields of a note."""

    title = StringField("Title", filters=[strip], validators=[DataRequired(), Length(max=TITLE_LENGTH)])
    body = TextAreaField("Body", filters=[strip], validators=[Length(max=BODY_LENGTH)])
