"""What people fill in who are not signed in: to sign in, to get an account, to get back into theirs."""

from flask_wtf import FlaskForm
from wtforms import EmailField, Field, PasswordField
from wtforms.validators import EqualTo, InputRequired, Length, ValidationError

from portal.models import Invitation, User
from portal.models.user import EMAIL_MAX_CHARACTERS
from portal.people.account_fields import email_field, name_field, new_password_field
from portal.people.accounts import PASSWORD_MAX_CHARACTERS
from portal.people.password_rules import trouble_with_password


class SignInForm(FlaskForm):
    email = EmailField(
        "Email",
        validators=[
            InputRequired("Enter your e-mail address."),
            Length(max=EMAIL_MAX_CHARACTERS, message="This address is too long."),
        ],
        render_kw={"autocomplete": "username", "autofocus": True},
    )
    password = PasswordField(
        "Password",
        validators=[
            InputRequired("Enter your password."),
            Length(max=PASSWORD_MAX_CHARACTERS, message="This password is too long."),
        ],
        render_kw={"autocomplete": "current-password"},
    )


class RegistrationForm(FlaskForm):
    name = name_field(autocomplete="name", autofocus=True)
    email = email_field(autocomplete="username")
    password = new_password_field()


class ForgottenPasswordForm(FlaskForm):
    email = email_field(autocomplete="username", autofocus=True)


class NewPasswordForm(FlaskForm):
    password = new_password_field("New password")
    again = PasswordField(
        "New password again",
        validators=[EqualTo("password", message="This differs from the new password above.")],
        render_kw={"autocomplete": "new-password"},
    )

    def __init__(self, user: User) -> None:
        super().__init__()
        self._user = user

    def validate_password(self, field: Field) -> None:
        trouble = trouble_with_password(field.data, email=self._user.email, name=self._user.name)
        if trouble:
            raise ValidationError(trouble)


class AcceptanceForm(FlaskForm):
    name = name_field(autocomplete="name", autofocus=True)
    password = new_password_field()

    def __init__(self, invitation: Invitation) -> None:
        super().__init__()
        self._invitation = invitation

    def validate_password(self, field: Field) -> None:
        trouble = trouble_with_password(field.data, email=self._invitation.email, name=self.name.data or "")
        if trouble:
            raise ValidationError(trouble)
