"""What somebody fills in about their own account."""

from flask_wtf import FlaskForm
from wtforms import Field, PasswordField
from wtforms.validators import EqualTo, InputRequired, Length, ValidationError

from portal.models import User
from portal.people.account_fields import new_password_field
from portal.people.accounts import PASSWORD_MAX_CHARACTERS
from portal.people.password_rules import trouble_with_password

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
    new = new_password_field("New password")
    again = PasswordField(
        "New password again",
        validators=[EqualTo("new", message="This differs from the new password above.")],
        render_kw={"autocomplete": "new-password"},
    )

    def __init__(self, user: User) -> None:
        super().__init__()
        self._user = user

    def validate_new(self, field: Field) -> None:
        trouble = trouble_with_password(field.data, email=self._user.email, name=self._user.name)
        if trouble:
            raise ValidationError(trouble)
