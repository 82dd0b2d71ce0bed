"""/_local/deliveries: which webhooks went out and how, and sending one again."""

from typing import Any

from flask import Response, jsonify, redirect, request, url_for
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from local_mux.api.paging import Page
from local_mux.clock import iso
from local_mux.console.blueprint import console
from local_mux.context import Context
from local_mux.errors import NotFoundError
from local_mux.models.webhook import Delivery, Event
from local_mux.webhooks.outbox import deliver_again


@console.get("/_local/deliveries")
def list_deliveries() -> Response:
    """List deliveries, newest first; `event_type` and `object_id` narrow it down."""
    page = Page.asked_for()
    query = select(Delivery).join(Event).order_by(Delivery.position.desc())
    if event_type := request.args.get("event_type"):
        query = query.where(Event.type == event_type)
    if object_id := request.args.get("object_id"):
        query = query.where(Event.object_id == object_id)
    with Context.current().database.reading() as session:
        found = session.scalars(query.limit(page.limit).offset(page.offset)).all()
    return jsonify({"data": [_show(delivery) for delivery in found]})


@console.post("/_local/deliveries/<some_id>/redeliver")
def redeliver(some_id: str) -> AnyResponse:
    """Send an event again, named by one of its deliveries or by its own id. A person is led back to the page."""
    with Context.current().database.writing() as session:
        delivery = deliver_again(session, _find_event(session, some_id))
        shown = _show(delivery)
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return redirect(url_for("console.show_page"), 303)
    response = jsonify(shown)
    response.status_code = 202
    return response


def _find_event(session: Session, some_id: str) -> Event:
    query = select(Event).outerjoin(Delivery).where(or_(Event.id == some_id, Delivery.id == some_id))
    event = session.scalars(query).first()
    if event is None:
        raise NotFoundError
    return event


def _show(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "eventId": delivery.event_id,
        "eventType": delivery.event.type,
        "object": {"type": delivery.event.object_type, "id": delivery.event.object_id},
        "status": delivery.status,
        "forged": delivery.forged,
        "createdAt": iso(delivery.created_at),
        "dueAt": iso(delivery.due_at),
        "attempts": [
            {"createdAt": iso(each.created_at), "statusCode": each.response_status_code, "error": each.error}
            for each in delivery.attempts
        ],
    }
