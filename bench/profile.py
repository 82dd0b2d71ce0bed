"""Where the time of each route goes, sampled inside one process, without HTTP and without other requests."""

import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from statistics import median

from flask.testing import FlaskClient

from bench.calls import Call
from bench.figures import short
from bench.inside import portal_inside
from bench.routes import ROUTES, Route
from bench.sampling import Samples, sample
from bench.scene import Scene, Stage
from bench.tables import Finding, Table
from portal.extensions import db

PACKAGES_SHOWN, FUNCTIONS_SHOWN = 12, 22
EVENTS = 6_000  # more than are taken in one look
TIMED = 200  # calls, without being looked at
# Of the libraries' functions, those that say what a portal's function spends its time on.
STEPS = (
    *("flask Flask.preprocess_request", "flask Flask.process_response", "flask Flask.do_teardown_appcontext"),
    *("flask_login _get_user", "flask_jwt_extended verify_jwt_in_request", "flask_wtf CSRFProtect.protect"),
    *("flask url_for", "flask Flask.url_for", "jinja2 Template.render", "flask jsonify", "flask Flask.make_response"),
    *("python json dumps", "python dumps", "jwt RSAAlgorithm.sign", "werkzeug Response.__call__"),
    *("sqlalchemy Session.execute", "sqlalchemy Session.flush", "sqlalchemy Session.commit", "sqlalchemy Session.get"),
    *("sqlalchemy Pool.connect", "sqlalchemy DefaultDialect._do_ping_w_event", "sqlalchemy instances.<locals>.chunks"),
    *("sqlalchemy _finalize_fairy", "sqlalchemy Session.close", "psycopg Connection.wait", "psycopg Cursor.execute"),
    *("sqlalchemy DefaultDialect.do_rollback", "structlog BoundLoggerBase._proxy_to_logger"),
)


def profile_routes(stage: Stage) -> Finding:
    """Two tables for each route: by package at work, and by function, with all that it calls."""
    tables, raw = [], {}
    with stage.scene(stage.plan.rows) as scene:
        app = portal_inside(scene.environment)
        client = app.test_client(use_cookies=False)
        for route in ROUTES:
            following = _calls(scene, route)
            call_ms = _median_ms(following, client)
            samples = _sample(following, client, stage.plan.seconds)
            tables += [_packages(route, samples, call_ms), _functions(route, samples, call_ms)]
            raw[route.name] = {"call_ms": call_ms, "taken": samples.taken, "at_work": dict(samples.at_work)}
            raw[route.name]["within"] = dict(samples.within)
        with app.app_context():
            db.engine.dispose()
    return Finding(tables, {}, raw)


def _calls(scene: Scene, route: Route) -> Iterator[Call]:
    calls = route.calls(scene, EVENTS)
    return iter(calls) if route.is_once else cycle(calls)


def _median_ms(calls: Iterator[Call], client: FlaskClient) -> float:
    durations = []
    for _ in range(TIMED):
        call = next(calls)
        started = time.perf_counter()
        call.send(client)
        durations.append(time.perf_counter() - started)
    return median(durations) * 1000


def _sample(calls: Iterator[Call], client: FlaskClient, seconds: int) -> Samples:
    return sample(lambda: next(calls).send(client), seconds=seconds)


def _packages(route: Route, samples: Samples, call_ms: float) -> Table:
    title = f"{route.name}: {short(call_ms)} ms a call; at work, by package"
    return _table(title, samples, samples.at_work.most_common(PACKAGES_SHOWN), call_ms)


def _functions(route: Route, samples: Samples, call_ms: float) -> Table:
    shown = [
        (name, count)
        for name, count in samples.within.most_common()
        if name.startswith(("portal.", "templates ")) or name in STEPS
    ]
    title = f"{route.name}: within a function, with all that it calls"
    return _table(title, samples, shown[:FUNCTIONS_SHOWN], call_ms)


def _table(title: str, samples: Samples, counts: Sequence[tuple[str, int]], call_ms: float) -> Table:
    shares = [(name, count / max(1, samples.taken)) for name, count in counts]
    rows = [(name, short(share * call_ms), f"{share:.0%}") for name, share in shares]
    return Table(title=title, columns=("", "ms", "share"), rows=rows)
