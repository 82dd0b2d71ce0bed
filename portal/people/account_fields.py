"""Fields about a person that more than one form has: name, address, a new password."""

from email.errors import MessageError
from email.headerregistry import Address
from typing import Any

from wtforms import EmailField, Field, Form, PasswordField, StringField
from wtforms.validators import StopValidation, ValidationError

from portal.form_checks import given_back_trimmed
from portal.models.user import EMAIL_MAX_CHARACTERS, normal_email
from portal.people.accounts import PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS
from portal.people.password_rules import trouble_with_password

NAME_MAX_CHARACTERS = 100


def email_field(label: str = "Email", **attributes: Any) -> EmailField:
    """An address that a mail can be sent to."""
    return EmailField(label, filters=[given_back_trimmed], validators=[_check_email], render_kw=attributes)


def name_field(label: str = "Name", **attributes: Any) -> StringField:
    return StringField(
        label,
        description="As others see it",
        filters=[given_back_trimmed],
        validators=[_check_name],
        render_kw=attributes,
    )


def new_password_field(label: str = "Password") -> PasswordField:
    """A password to be; the form's fields `email` and `name`, where it has them, may not be the password."""
    hint = f"At least {PASSWORD_MIN_CHARACTERS} characters; a few words in a row are good"
    attributes = {"autocomplete": "new-password"}
    return PasswordField(label, description=hint, validators=[_check_new_password], render_kw=attributes)


def current_password_field() -> PasswordField:
    return PasswordField(
        "Password", validators=[_check_current_password], render_kw={"autocomplete": "current-password"}
    )


def _check_email(_form: Form, field: Field) -> None:
    address = field.data
    if not address:
        raise ValidationError("Enter an e-mail address.")
    if max(len(address), len(normal_email(address))) > EMAIL_MAX_CHARACTERS:
        raise ValidationError("This address is too long.")
    if not _can_be_mailed(address):
        raise ValidationError("This is not an e-mail address. Write it like ada@example.com.")


def _can_be_mailed(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    if not local or "@" in local or not address.isprintable() or any(character.isspace() for character in address):
        return False
    if "." not in domain or any(not label for label in domain.split(".")):
        return False
    try:
        return Address(addr_spec=normal_email(address)).domain != ""
    except (ValueError, MessageError, IndexError):  # the standard library raises all three for what is none
        return False


def _check_name(_form: Form, field: Field) -> None:
    if not field.data:
        raise ValidationError("Enter a name.")
    if len(field.data) > NAME_MAX_CHARACTERS:
        raise ValidationError(f"Use {NAME_MAX_CHARACTERS} characters at the most.")
    if not field.data.isprintable():
        raise ValidationError("Remove the characters that can’t be shown.")


def _check_new_password(form: Form, field: Field) -> None:
    if not field.data:
        raise StopValidation(f"Enter a {field.label.text.lower()}.")
    email, name = (str(form.data.get(each) or "") for each in ("email", "name"))
    trouble = trouble_with_password(field.data, email=email, name=name)
    if trouble:
        raise StopValidation(trouble)


def _check_current_password(_form: Form, field: Field) -> None:
    if not field.data:
        raise ValidationError("Enter your password.")
    if len(field.data) > PASSWORD_MAX_CHARACTERS:
        raise ValidationError("This password is too long.")
