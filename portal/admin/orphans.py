"""What is at Mux and no programme knows, and programmes without their video: listed, and removed as a second step."""

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin.views import PAGE_SIZE, admin
from portal.clock import utc_now
from portal.config import current_settings
from portal.extensions import db
from portal.models import Orphan, PeriodicWork
from portal.models.orphan import count_orphans, find_orphan, list_orphans, select_removable
from portal.models.paging import row_id_or_none
from portal.models.periodic_work import make_due
from portal.mux.gateway import MuxError, current_mux
from portal.nudge import WorkName, nudge
from portal.upkeep.orphan_removal import Removal, remove_from_mux, settle_programme
from portal.upkeep.orphan_words import age_words, kind_words, minutes_words, money_words
from portal.upkeep.orphans import monthly_cost

PROGRAMMES_SHOWN = 100
REMOVED_AT_ONCE = 500

admin.add_app_template_filter(kind_words, "orphan_kind")
admin.add_app_template_filter(age_words, "orphan_age")
admin.add_app_template_filter(minutes_words, "video_minutes")


@admin.app_template_filter("video_cost")
def cost_words(seconds: float) -> str:
    """What so much video costs in a month, at the price of this installation."""
    return money_words(monthly_cost(seconds, current_settings().storage_price_per_minute))


@admin.get("/orphans")
def show_orphans() -> str:
    at, after = utc_now(), row_id_or_none(request.args.get("cursor"))
    return render_template(
        "admin/list_orphans.html",
        at=at,
        work=db.session.get(PeriodicWork, WorkName.FIND_ORPHANS.value),
        totals=count_orphans(at),
        page=list_orphans(is_at_mux=True, limit=PAGE_SIZE, after=after),
        is_first_page=after is None,
        programmes=list_orphans(is_at_mux=False, limit=PROGRAMMES_SHOWN),
    )


@admin.post("/orphans/comparisons")
def compare_with_mux() -> Response:
    """The worker does it: reading all of Mux's lists takes longer than anybody waits for a page."""
    make_due(WorkName.FIND_ORPHANS.value, utc_now())
    db.session.commit()
    nudge(WorkName.FIND_ORPHANS)
    flash("The worker compares now. It takes a moment: reload the page to see what it found.", "success")
    return redirect(url_for("admin.show_orphans"), code=303)


@admin.get("/orphans/removal")
def confirm_removal() -> str | Response:
    """Name what would go, and ask. Without an `orphan` it is all that may go."""
    at, asked = utc_now(), request.args.get("orphan")
    row = _orphan(asked) if asked else None
    totals = count_orphans(at)
    if (row is not None and not row.is_old_enough(at)) or (row is None and not totals.removable):
        flash("There is nothing to remove: what is younger than 24 hours is left alone.", "error")
        return redirect(url_for("admin.show_orphans"), code=303)
    return render_template("admin/confirm_removal.html", orphan=row, totals=totals, compared=_compared())


@admin.post("/orphans/removals")
def remove_orphans() -> Response:
    at, asked = utc_now(), request.form.get("orphan")
    if request.form.get("compared") != _compared():
        flash("A newer comparison has come in between, so nothing was removed. Look at it first.", "error")
        return redirect(url_for("admin.show_orphans"), code=303)
    rows = [_orphan(asked)] if asked else list(db.session.scalars(select_removable(at, REMOVED_AT_ONCE)))
    removal = remove_from_mux(rows, at)
    db.session.commit()
    nudge(WorkName.PAY_DISCARDS)
    flash(_told(removal), "success" if removal.removed else "error")
    return redirect(url_for("admin.show_orphans"), code=303)


@admin.post("/orphans/<int:orphan_id>/settlements")
def settle_orphan(orphan_id: int) -> Response:
    """Ask Mux once more about a programme's video, and let the programme fail if it is gone."""
    row = find_orphan(orphan_id)
    if row is None or row.is_at_mux:
        abort(404)
    try:
        has_failed = settle_programme(row, current_mux(), utc_now())
    except MuxError as error:
        flash(f"Mux could not be asked: {error.message}. Nothing was changed.", "error")
        return redirect(url_for("admin.show_orphans"), code=303)
    db.session.commit()
    done = "The programme is marked as failed, and its coach is told."
    flash(done if has_failed else "Nothing was changed: the video is there after all.", "success")
    return redirect(url_for("admin.show_orphans"), code=303)


def _orphan(asked: str) -> Orphan:
    """One that is at Mux, or 404."""
    row = find_orphan(row_id_or_none(asked) or 0)
    if row is None or not row.is_at_mux:
        abort(404)
    return row


def _compared() -> str:
    """Which comparison somebody looks at: findings of another one may have the same numbers."""
    work = db.session.get(PeriodicWork, WorkName.FIND_ORPHANS.value)
    return work.finished_at.isoformat() if work and work.finished_at else ""


def _told(removal: Removal) -> str:
    if not removal.removed:
        return "Nothing was removed: by now it belongs to something, or it is younger than 24 hours."
    told = f"{removal.removed:,} {'is' if removal.removed == 1 else 'are'} being removed at Mux."
    if removal.known_by_now:
        told += f" {removal.known_by_now:,} stay, as by now something knows them."
    return f"{told} There may be more: remove once more." if removal.removed >= REMOVED_AT_ONCE else told
