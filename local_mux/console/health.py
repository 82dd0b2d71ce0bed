"""Telling whether the server is up."""

from flask import Response, jsonify

from local_mux.console.blueprint import console
from local_mux.context import Context
from local_mux.faults import current_faults


@console.get("/_local/health")
def health() -> Response:
    """Answer 200 once the database can be read and the background work has begun."""
    with Context.current().database.reading() as session:
        current_faults(session)
    return jsonify({"status": "ok"})
