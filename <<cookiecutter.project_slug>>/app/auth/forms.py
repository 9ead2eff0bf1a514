"""The forms of accounts that are not Flask-Security's."""

from flask_wtf import FlaskForm
from wtforms import Field, IntegerField, StringField
from wtforms.validators import AnyOf, DataRequired, Length, NumberRange, ValidationError

from app.models.account import TOKEN_NAME_LENGTH

LONGEST_DAYS = 366
RIGHTS = {"read": "read", "read write": "read and write"}


def storable(_form: FlaskForm, field: Field) -> None:
    """Refuse NUL, which PostgreSQL cannot store in a text."""
    if field.data and "\x00" in field.data:
        raise ValidationError("This text holds a character that cannot be stored.")


class TokenForm(FlaskForm):
    """A new token."""

    name = StringField("Name", validators=[DataRequired(), Length(max=TOKEN_NAME_LENGTH), storable])
    scopes = StringField("May", default="read", validators=[AnyOf(RIGHTS)])
    days = IntegerField("Days", default=90, validators=[NumberRange(1, LONGEST_DAYS)])
