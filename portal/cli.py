"""Commands for the operator: `flask --app wsgi portal …`."""

from dataclasses import replace

import click
from flask.cli import AppGroup

from portal.clock import utc_now
from portal.commands.orphans import orphans_command
from portal.commands.signing import sign_assets_command
from portal.config import current_settings
from portal.demo_accounts import NotADemoError, make_demo_accounts
from portal.doctor.examination import examine, is_anything_broken
from portal.doctor.findings import Level
from portal.extensions import db
from portal.models import Role
from portal.mux.gateway import MuxError, current_mux
from portal.nudge import WorkName
from portal.people.accounts import PASSWORD_MIN_CHARACTERS, EmailTakenError, create_user
from portal.tasks import WORK
from portal.upkeep.periodic import Work, do_work
from portal.upkeep.reconcile import ask_about_all

portal_commands = AppGroup("portal", help="Run the portal.")
portal_commands.add_command(orphans_command)
portal_commands.add_command(sign_assets_command)

LEVEL_WORDS = {Level.FINE: "fine", Level.LOOK: "look", Level.BROKEN: "BROKEN"}


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
    try:
        make_demo_accounts(current_settings())
    except NotADemoError as error:
        raise click.ClickException(str(error)) from error
    db.session.commit()


@portal_commands.command("settle")
@click.option("--all", "asks_all", is_flag=True, help="Ask about every upload under way, whether it is due or not.")
def settle_command(*, asks_all: bool) -> None:
    """Do all of the worker's periodic work now, which it otherwise does when it is due."""
    for work in WORK.values():
        run = do_work(_asking_about_all(work) if asks_all else work, is_due_now=True)
        if run is None:
            click.echo(f"{work.name}: a worker is at it.")
        elif run.stopped_by is not None:
            click.echo(f"{work.name}: {run.done} done, then Mux said: {run.stopped_by.message}")
        else:
            click.echo(f"{work.name}: {run.done} done.")


@portal_commands.command("doctor")
def doctor_command() -> None:
    """Look at everything that may be wrong and say what helps. Ends with status 1 if something is broken."""
    findings = examine()
    for finding in findings:
        click.echo(f"{LEVEL_WORDS[finding.level]:<7} {finding.name}: {finding.found}")
        for line in filter(None, (finding.to_do, finding.command)):
            click.echo(f"{'':<7}   {line}")
    if is_anything_broken(findings):
        raise SystemExit(1)


def _asking_about_all(work: Work) -> Work:
    if work.name != WorkName.ASK_MUX:
        return work
    return replace(work, run=lambda at, turn: ask_about_all(current_mux(), at, turn))
