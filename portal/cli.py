"""Commands for the operator: `flask --app wsgi portal …`."""

from datetime import timedelta
from urllib.parse import urlsplit

import click
from flask.cli import AppGroup

from portal.accounts import EmailTakenError, create_user
from portal.clock import utc_now
from portal.config import current_settings
from portal.extensions import db
from portal.models import Role
from portal.mux.gateway import MuxError, current_mux

portal_commands = AppGroup("portal", help="Run the portal.")

PASSWORD_MIN_CHARACTERS = 10
DEMO_PASSWORD = "portal-demo"  # noqa: S105 - public on purpose; these accounts work in the demo alone
DEMO_PEOPLE = (
    ("admin@example.com", "Ada Admin", Role.ADMIN, False),
    ("coach@example.com", "Carla Coach", Role.COACH, False),
    ("coach2@example.com", "Ciro Coach", Role.COACH, False),
    ("viewer@example.com", "Vera Viewer", Role.VIEWER, False),
    ("member@example.com", "Milo Member", Role.VIEWER, True),
)


@portal_commands.command("create-user")
@click.argument("email")
@click.option("--name", required=True, help="As others see it.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.VIEWER.value)
@click.password_option(help="At least 10 characters.")
def create_user_command(email: str, name: str, role: str, password: str) -> None:
    """Make an account; the first administrator, for example."""
    if len(password) < PASSWORD_MIN_CHARACTERS:
        raise click.ClickException(f"The password needs at least {PASSWORD_MIN_CHARACTERS} characters.")
    try:
        create_user(email=email, name=name, password=password, role=Role(role), at=utc_now())
    except EmailTakenError as error:
        raise click.ClickException(str(error)) from error
    db.session.commit()
    click.echo(f"{email} can sign in as {role}.")


@portal_commands.command("signing-key")
def signing_key_command() -> None:
    """Make a signing key at Mux and print the two lines for the environment; Mux shows it this once."""
    try:
        key_id, private_key = current_mux().create_signing_key()
    except MuxError as error:
        raise click.ClickException(f"Mux made no key: {error.message}") from error
    click.echo(f"MUX_SIGNING_KEY={key_id}\nMUX_PRIVATE_KEY={private_key}")


@portal_commands.command("demo-accounts")
def demo_accounts_command() -> None:
    """Make the demo's accounts, whose password everybody knows: on this machine's own address only."""
    settings = current_settings()
    if not settings.is_demo or urlsplit(settings.public_url).hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise click.ClickException("Demo accounts are made by `make run` only, on this machine's own address.")
    for email, name, role, is_member in DEMO_PEOPLE:
        try:
            user = create_user(email=email, name=name, password=DEMO_PASSWORD, role=role, at=utc_now(), is_demo=True)
        except EmailTakenError:
            continue
        user.member_until = utc_now() + timedelta(days=3650) if is_member else None
    db.session.commit()
