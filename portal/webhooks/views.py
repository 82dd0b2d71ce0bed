"""POST /webhooks/mux, where it is not answered before Flask: refusals above all, and bodies that tell no length."""

from typing import cast

import structlog
from flask import Blueprint, Flask, Response, abort, jsonify, request
from flask.blueprints import BlueprintSetupState

from portal.clock import utc_now
from portal.config import current_settings
from portal.errors import problem
from portal.extensions import csrf
from portal.mux.webhook import BadEventError, BadSignatureError, MuxEvent, parse, verify
from portal.request_body import read_body
from portal.webhook_refusals import current_refusals
from portal.webhooks.direct import BODY_MAX_BYTES, FAILED, PATH, DirectWebhooks
from portal.webhooks.reception import Reception, current_reception

webhooks = Blueprint("webhooks", __name__)
csrf.exempt(webhooks)  # each request proves by its signature whom it comes from

log = structlog.get_logger()


@webhooks.record_once
def _answer_before_flask(state: BlueprintSetupState) -> None:
    app = cast("Flask", state.app)
    reception = Reception(app)
    app.extensions["webhook_reception"] = reception
    app.wsgi_app = DirectWebhooks(app, reception, app.wsgi_app)  # type: ignore[method-assign]


@webhooks.post(PATH)
def receive_mux_event() -> Response:
    """401 before the database is touched, 200 for whatever was decided, 500 so that Mux tries again."""
    receipt = None if FAILED in request.environ else current_reception().take(_verified_event())
    if receipt is None:
        return problem(500, "The event could not be applied. Send it again.")
    return jsonify(outcome=receipt.outcome.value)


def _verified_event() -> MuxEvent:
    body = read_body(BODY_MAX_BYTES)
    try:
        verify(body, request.headers.get("Mux-Signature"), current_settings().mux_webhook_secrets, utc_now())
        return parse(body)
    except BadSignatureError as error:
        log.warning("webhook.refused", reason=str(error), address=request.remote_addr)
        current_refusals().note(str(error), utc_now())
        abort(401, "The signature is not accepted.")
    except BadEventError as error:
        log.warning("webhook.unreadable", reason=str(error))
        abort(400, str(error))
