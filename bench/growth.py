"""What more programmes cost: the same questions asked of databases of several sizes."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from itertools import product
from urllib.parse import quote

from sqlalchemy import func, select

from bench.calls import Call
from bench.figures import short, spread
from bench.measuring import Measurement, check, measure
from bench.people import COACH, MEMBER
from bench.rounds import rotated
from bench.scene import Scene, Stage
from bench.sign_in import bearer, session
from bench.tables import Finding, Table
from bench.words import COMMON_TAG, COMMON_WORD, MIDDLING_WORDS, RARE_TAG, RARE_WORD
from portal.models import Programme
from portal.models.catalogue import Position, write_cursor

CONNECTIONS = 2  # so that p50 is what one answer takes, and the slow ones are counted too
POSITIONS = 2_000  # ten times as many as the portal keeps lists of, so that nearly each is read anew
DEEP = 0.9
COLUMNS = ("", "programmes", "requests/s", "p50 ms", "p99 ms", "CPU ms", "database CPU ms", "errors", "times as much")
FILTERS = {
    "common tag": f"tag={COMMON_TAG}",
    "rare tag": f"tag={RARE_TAG}",
    "common word": f"q={COMMON_WORD}",
    "rare word": f"q={RARE_WORD}",
    "two words": f"q={'+'.join(MIDDLING_WORDS)}",
    "three words": f"q={'+'.join((COMMON_WORD, *MIDDLING_WORDS))}",
    "common and rare word": f"q={COMMON_WORD}+{RARE_WORD}",
    "rare word in common tag": f"tag={COMMON_TAG}&q={RARE_WORD}",
    "common word in rare tag": f"tag={RARE_TAG}&q={COMMON_WORD}",
}
QUESTIONS = ("first pages", "deep pages", *FILTERS, "catalogue", "studio")


def measure_growth(stage: Stage) -> Finding:
    """Every question at every size, `rounds` times."""
    measured: dict[tuple[str, int], list[Measurement]] = {}
    with ExitStack() as stack:
        scenes = {size: stack.enter_context(stage.scene(size)) for size in stage.plan.growth}
        for number in range(stage.plan.rounds):
            for question, size in rotated(list(product(QUESTIONS, scenes)), number):
                measured.setdefault((question, size), []).append(_ask(scenes[size], question, stage.plan.seconds))
    return _finding(stage, measured)


def _ask(scene: Scene, question: str, seconds: int) -> Measurement:
    calls = _calls(scene, question)
    check(scene.portal, calls[0], b"")
    return measure(scene.portal, calls, seconds=seconds, database=scene.database.server, connections=CONNECTIONS)


def _calls(scene: Scene, question: str) -> list[Call]:
    """The same question from many positions on."""
    url = scene.portal.url
    cursors = [quote(cursor) for cursor in _cursors(scene, DEEP if question == "deep pages" else 0)]
    if question == "catalogue":
        headers = session(url, MEMBER)
        return [Call(path=f"/?cursor={cursor}", headers=headers) for cursor in cursors]
    if question == "studio":
        headers = session(url, COACH)
        return [Call(path=f"/coach/?cursor={cursor}", headers=headers) for cursor in cursors]
    headers, asked = bearer(url, MEMBER), FILTERS.get(question, "limit=20")
    return [Call(path=f"/programme?{asked}&cursor={cursor}", headers=headers) for cursor in cursors]


def _cursors(scene: Scene, share: float) -> list[str]:
    """Positions right behind each other, once such a share of what is published has been seen."""
    newest = (Programme.published_at.desc(), Programme.product_id.desc())
    keys = select(Programme.is_featured, Programme.published_at, Programme.product_id)
    chosen = keys.where(Programme.is_published).order_by(*newest)
    with scene.database.engine.connect() as connection:
        count = connection.scalar(select(func.count()).where(Programme.is_published)) or 0
        rows = connection.execute(chosen.offset(int(count * share)).limit(POSITIONS)).all()
    return [
        write_cursor(Position(is_featured=row.is_featured, at=row.published_at, product_id=row.product_id))
        for row in rows
    ]


def _finding(stage: Stage, measured: dict[tuple[str, int], list[Measurement]]) -> Finding:
    rows, figures = [], {}
    for question, size in product(QUESTIONS, stage.plan.growth):
        rounds = measured[question, size]
        factor = _cost(rounds) / _cost(measured[question, stage.plan.growth[0]])
        rows.append(
            (
                question,
                f"{size:,}",
                str(spread([r.requests_per_second for r in rounds])),
                str(spread([r.p50_ms for r in rounds])),
                str(spread([r.p99_ms for r in rounds])),
                str(spread([r.cpu_ms for r in rounds])),
                str(spread([r.database_cpu_ms for r in rounds])),
                str(sum(r.errors for r in rounds)),
                short(factor),
            )
        )
        figures[f"{question} at {size:,}"] = {"cpu_and_database_cpu_ms": _cost(rounds)}
    table = Table(
        title=f"Growth on {stage.plan.database}",
        columns=COLUMNS,
        rows=rows,
        notes=["Times as much: CPU of workers and database together, against the smallest size."],
    )
    raw = {f"{question} at {size}": [asdict(r) for r in rounds] for (question, size), rounds in measured.items()}
    return Finding([table], figures, raw)


def _cost(rounds: Sequence[Measurement]) -> float:
    return spread([r.cpu_ms + r.database_cpu_ms for r in rounds]).median
