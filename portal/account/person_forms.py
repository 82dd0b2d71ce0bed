"""What somebody fills in to have another address, or no account any more."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field
from wtforms.validators import ValidationError

from portal.models import User
from portal.models.user import normal_email
from portal.people.account_fields import current_password_field, email_field


class EmailForm(FlaskForm):
    email = email_field("New e-mail", autocomplete="email")
    password = current_password_field()

    def __init__(self, user: User) -> None:
        super().__init__()
        self._user = user

    def validate_email(self, field: Field) -> None:
        if normal_email(field.data) == self._user.email:
            raise ValidationError("This is your address already.")


class DeletionForm(FlaskForm):
    programmes_too = BooleanField("Delete my programmes, too")
    password = current_password_field()
