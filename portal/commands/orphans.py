"""`flask --app wsgi portal orphans`: compare with Mux and list, and as a second step remove."""

from collections.abc import Sequence

import click
from flask.cli import with_appcontext

from portal.clock import utc_now
from portal.config import current_settings
from portal.extensions import db
from portal.models import Orphan, OrphanKind, PeriodicWork
from portal.models.orphan import OrphanTotals, count_orphans, list_orphans, select_removable
from portal.mux.gateway import MuxError, current_mux
from portal.nudge import WorkName, nudge
from portal.tasks import WORK
from portal.upkeep.orphan_removal import Removal, remove_from_mux, settle_programme
from portal.upkeep.orphan_words import age_words, kind_words, minutes_words, money_words
from portal.upkeep.orphans import monthly_cost
from portal.upkeep.periodic import do_work

SHOWN_MAX = 200
BATCH = 100


@click.command("orphans")
@click.option("--remove", is_flag=True, help="Remove what the last comparison has listed, and compare nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before removing.")
@with_appcontext
def orphans_command(*, remove: bool, yes: bool) -> None:
    """List what is at Mux and no programme knows, and programmes whose video is gone there."""
    if remove:
        _remove(is_sure=yes)
        return
    if do_work(WORK[WorkName.FIND_ORPHANS], is_due_now=True) is None:
        raise click.ClickException("A worker is comparing at this moment. Try again in a minute.")
    work = db.session.get(PeriodicWork, WorkName.FIND_ORPHANS.value)
    if work is not None and work.error:
        raise click.ClickException(f"Nothing was compared, and what was found before stays. {work.error}")
    _print_all()


def _print_all() -> None:
    at, price = utc_now(), current_settings().storage_price_per_minute
    totals = count_orphans(at)
    rows = [row for at_mux in (True, False) for row in list_orphans(is_at_mux=at_mux, limit=SHOWN_MAX).items]
    if not rows:
        click.echo("Mux and the portal agree: nothing is left behind, and no video is missing.")
        return
    click.echo(f"{'what':<28} {'age':<16} {'minutes':>9} {'a month':>9}  id at Mux, and the programme")
    for row in rows:
        is_programme = row.kind is OrphanKind.PROGRAMME
        age = "" if is_programme else age_words(row, at)
        cost = "" if row.duration_seconds is None else money_words(monthly_cost(row.duration_seconds, price))
        about = row.title or f"a programme that is gone ({row.product_id})"
        click.echo(
            f"{kind_words(row.kind):<28} {age:<16} {minutes_words(row.duration_seconds):>9} {cost:>9}  "
            f"{row.mux_id}  {about}"
        )
    click.echo(f"At Mux without a programme: {_told(totals.count, totals.seconds)}.")
    if totals.count > SHOWN_MAX:
        click.echo(f"The first {SHOWN_MAX} are shown.")
    click.echo("To remove what is older than a day: flask --app wsgi portal orphans --remove")


def _told(count: int, seconds: float) -> str:
    cost = monthly_cost(seconds, current_settings().storage_price_per_minute)
    return f"{count:,} with {minutes_words(seconds)} minutes of video, {money_words(cost)} a month"


def _remove(*, is_sure: bool) -> None:
    at = utc_now()
    totals = count_orphans(at)
    programmes = list_orphans(is_at_mux=False, limit=SHOWN_MAX).items
    db.session.commit()
    _say_what_stays(totals)
    if not totals.removable and not programmes:
        click.echo("There is nothing to remove. To compare anew: flask --app wsgi portal orphans")
        return
    click.echo(f"To be removed at Mux: {_told(totals.removable, totals.removable_seconds)}.")
    if programmes:
        click.echo(f"To be marked as failed, as their video is gone: {len(programmes):,}; their coaches are told.")
    if not is_sure:
        click.confirm("Go on?", abort=True)
    removal = _remove_all()
    click.echo(
        f"{removal.removed:,} will be removed by the worker; {removal.known_by_now:,} belong to something by now."
    )
    _settle(programmes)


def _say_what_stays(totals: OrphanTotals) -> None:
    left = totals.count - totals.removable
    if left:
        click.echo(f"{left:,} {'is' if left == 1 else 'are'} left alone, as made less than 24 hours ago.")


def _remove_all() -> Removal:
    removal = Removal()
    while True:
        at = utc_now()
        rows = db.session.scalars(select_removable(at, BATCH)).all()
        if not rows:
            db.session.commit()
            nudge(WorkName.PAY_DISCARDS)
            return removal
        removal += remove_from_mux(rows, at)
        db.session.commit()


def _settle(programmes: Sequence[Orphan]) -> None:
    for row in programmes:
        title = row.title or row.product_id
        try:
            has_failed = settle_programme(row, current_mux(), utc_now())
        except MuxError as error:
            db.session.rollback()
            raise click.ClickException(f"Mux could not be asked about {title}: {error.message}") from error
        db.session.commit()
        click.echo(f"{title}: {'marked as failed' if has_failed else 'its video is there after all'}.")
