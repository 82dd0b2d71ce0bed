"""What somebody fills in about their own account."""

from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired, Length

from portal.accounts import PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS

TOO_LONG = f"Use {PASSWORD_MAX_CHARACTERS} characters at the most."


class PasswordForm(FlaskForm):
    current = PasswordField(
        "Current password",
        validators=[
            InputRequired("Enter the password that you use now."),
            Length(max=PASSWORD_MAX_CHARACTERS, message=TOO_LONG),
        ],
        render_kw={"autocomplete": "current-password"},
    )
    new = PasswordField(
        "New password",
        description=f"At least {PASSWORD_MIN_CHARACTERS} characters; a few words in a row are good",
        validators=[
            InputRequired("Enter a new password."),
            Length(min=PASSWORD_MIN_CHARACTERS, message=f"Use at least {PASSWORD_MIN_CHARACTERS} characters."),
            Length(max=PASSWORD_MAX_CHARACTERS, message=TOO_LONG),
        ],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        "New password again",
        validators=[EqualTo("new", message="This differs from the new password above.")],
        render_kw={"autocomplete": "new-password"},
    )
