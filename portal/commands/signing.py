"""`flask --app wsgi portal sign-assets`: videos that play by public ids are brought to signed ones."""

from datetime import timedelta

import click
from flask.cli import with_appcontext

from portal.config import current_settings
from portal.models.discard import count_open_discards
from portal.models.programme import count_unsigned
from portal.mux.gateway import current_mux
from portal.nudge import WorkName
from portal.tasks import MUX_PAUSE_SECONDS, WORK
from portal.upkeep.periodic import Run, Work, do_work
from portal.upkeep.signing_assets import sign_assets

SIGN_ASSETS = Work(
    name="sign-assets",
    every=timedelta(days=1),
    run=lambda at, turn: sign_assets(current_mux(), at, turn),
    pause_seconds=MUX_PAUSE_SECONDS,
)


@click.command("sign-assets")
@with_appcontext
def sign_assets_command() -> None:
    """Bring every video that plays by a public id to a signed one. Can be stopped and run again at any point."""
    if current_settings().mux_signing_key is None:
        how = "'flask portal signing-key' makes a pair and prints both"
        raise click.ClickException(f"MUX_SIGNING_KEY and MUX_PRIVATE_KEY are not set: {how}.")
    run = _do(SIGN_ASSETS)
    click.echo(f"{run.done} videos play by signed addresses now; {count_unsigned()} by public ones.")
    _do(WORK[WorkName.PAY_DISCARDS])
    open_debts = count_open_discards()
    if open_debts:
        click.echo(f"Of what is to be deleted at Mux, {open_debts} are left: the worker tries until they are done.")
    if run.stopped_by is not None:
        raise click.ClickException(f"Mux said: {run.stopped_by.message} Run this again later: it goes on from here.")


def _do(work: Work) -> Run:
    run = do_work(work, is_due_now=True)
    if run is None:
        raise click.ClickException(f"Another process is at it ({work.name}). Try again in a minute.")
    return run
