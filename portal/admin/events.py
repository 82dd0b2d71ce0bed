"""The inbox of Mux's webhooks: what came, what was decided about each event, and replaying it."""

import time

import structlog
from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.access import signed_in_user
from portal.admin.forms import EventFilterForm
from portal.admin.views import PAGE_SIZE, admin, list_page
from portal.admin.words import outcome_meaning, outcome_words
from portal.clock import milliseconds_since, utc_now
from portal.extensions import db
from portal.inbox import Receipt, keep_replay_failure, replay
from portal.models import Outcome, WebhookEvent
from portal.models.paging import row_id_or_none
from portal.models.webhook_event import event_to_replay, failed_event_ids, find_event, newest_events

REPLAY_BATCH = 100

admin.add_app_template_filter(outcome_words)
admin.add_app_template_filter(outcome_meaning)

log = structlog.get_logger()


@admin.get("/webhooks")
def list_events() -> Response:
    form, after = EventFilterForm(request.args), row_id_or_none(request.args.get("cursor"))
    page = newest_events(form.wanted(), limit=PAGE_SIZE, after=after) if form.validate() else None
    return list_page("admin/list_events.html", form, page, is_first_page=after is None)


@admin.get("/webhooks/<int:event_id>")
def show_event(event_id: int) -> str:
    found = find_event(event_id)
    if found is None:
        abort(404)
    return render_template("admin/show_event.html", listed=found, event=found.event)


@admin.post("/webhooks/<int:event_id>/replays")
def replay_event(event_id: int) -> Response:
    row = event_to_replay(event_id)
    if row is None:
        abort(404)
    receipt = _replay(row)
    if receipt is None:
        flash("It failed again. The reason stands below.", "error")
    elif receipt.is_repeat:
        flash("Nothing was changed: it had been dealt with before.", "success")
    else:
        flash(f"Replayed. {outcome_words(receipt.outcome)}: {receipt.reason}", "success")
    return redirect(url_for("admin.show_event", event_id=event_id), code=303)


@admin.post("/webhooks/replays")
def replay_failed_events() -> Response:
    """A bounded batch, each event in a transaction of its own."""
    applied = failed = 0
    for event_id in failed_event_ids(REPLAY_BATCH):
        row = event_to_replay(event_id)
        if row is None or row.outcome is not Outcome.FAILED:
            db.session.rollback()  # Mux came again in between
            continue
        receipt = _replay(row)
        failed += receipt is None
        applied += receipt is not None and not receipt.is_repeat
    flash(_told(applied, failed), "error" if failed else "success")
    return redirect(url_for("admin.list_events"), code=303)


def _replay(row: WebhookEvent) -> Receipt | None:
    """What came of it, or None if it failed; one transaction, and one line in the log, either way."""
    started = time.perf_counter()
    row_id, facts = row.id, {"id": row.mux_event_id, "type": row.type, "by": signed_in_user().id}
    try:
        receipt = replay(row, utc_now())
        db.session.commit()
    except Exception as error:  # whatever it was, the event stays and can be replayed once more
        db.session.rollback()
        failed = Outcome.FAILED.value
        log.exception("webhook.replay_failed", **facts, outcome=failed, milliseconds=milliseconds_since(started))
        _keep_failure(row_id, error)
        return None
    log.info(
        "webhook.replayed",
        **facts,
        programme=str(receipt.product_id) if receipt.product_id else None,
        outcome=receipt.outcome.value,
        reason=receipt.reason,
        is_repeat=receipt.is_repeat,
        milliseconds=milliseconds_since(started),
    )
    return receipt


def _keep_failure(row_id: int, error: Exception) -> None:
    row = event_to_replay(row_id)
    if row is not None:
        keep_replay_failure(row, error)
    db.session.commit()


def _told(applied: int, failed: int) -> str:
    if not applied and not failed:
        return "There was nothing to replay: no event has failed."
    told = f"{applied} {'event was' if applied == 1 else 'events were'} applied, {failed} failed again."
    return f"{told} There may be more: replay once more." if applied + failed == REPLAY_BATCH else told
