"""The blueprint all API calls hang on: access token first, then whatever faults are ordered."""

import time

from flask import Blueprint, Response, jsonify

from local_mux.api.access import require_access_token
from local_mux.context import Context
from local_mux.errors import envelope
from local_mux.faults import current_faults, happens, take_api_failure

api = Blueprint("api", __name__)


@api.before_request
def _check_caller() -> None:
    require_access_token()


@api.before_request
def _misbehave_if_ordered() -> Response | None:
    database = Context.current().database
    with database.reading() as session:
        faults = current_faults(session).api
    time.sleep(faults.latency_seconds)
    status = faults.status if happens(faults.fail_rate) else None
    if status is None and faults.fail_next:
        with database.writing() as session:
            status = take_api_failure(session)
    if status is None:
        return None
    return envelope("fault_injected", ["This failure was ordered at /_local/faults."], status)


def answer(data: object, status: int = 200) -> Response:
    """Wrap what a call returns as Mux does."""
    response = jsonify({"data": data})
    response.status_code = status
    return response


def nothing() -> Response:
    """Answer 204."""
    return Response(status=204)
