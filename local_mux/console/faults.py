"""/_local/faults: ordering misbehaviour, looking at it, ending it."""

from flask import Response, jsonify, request

from local_mux.console.blueprint import console
from local_mux.context import Context
from local_mux.faults import Faults, current_faults, parse_faults, set_faults


@console.get("/_local/faults")
def show_faults() -> Response:
    with Context.current().database.reading() as session:
        return _answer(current_faults(session))


@console.put("/_local/faults")
def order_faults() -> Response:
    """Put these faults in force instead of any others; what is left out is off."""
    faults = parse_faults(request.get_data())
    with Context.current().database.writing() as session:
        set_faults(session, faults)
    return _answer(faults)


@console.delete("/_local/faults")
def end_faults() -> Response:
    with Context.current().database.writing() as session:
        set_faults(session, Faults())
    return Response(status=204)


def _answer(faults: Faults) -> Response:
    return jsonify(faults.model_dump(by_alias=True))
