"""The routes that are measured: what is called, by whom, and a word that tells a true answer from any other."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select

from bench.calls import Call
from bench.mux_events import add_awaiting, ready_events
from bench.people import COACH, MEMBER
from bench.scene import Scene
from bench.sign_in import bearer, session
from bench.words import dice_for
from portal.models import Programme

IDS_MAX = 50_000  # to draw from; of a larger database, some


@dataclass(frozen=True, kw_only=True)
class Route:
    """One route. `calls` makes so many, or one where all are the same; `says` stands in every true answer."""

    name: str
    what: str
    calls: Callable[[Scene, int], Sequence[Call]]
    says: bytes
    is_once: bool = False  # each call may be sent once


def published_ids(scene: Scene, count: int, *, is_signed: bool) -> Sequence[uuid.UUID]:
    """Published programmes of all times whose video plays by tokens, or by a public id, in another order each time."""
    chosen = select(Programme.product_id).where(Programme.is_published, Programme.is_signed == is_signed).limit(IDS_MAX)
    with scene.database.engine.connect() as connection:
        product_ids = list(connection.scalars(chosen))
    dice_for(uuid.uuid4().hex).shuffle(product_ids)
    return product_ids[:count]


def _list(scene: Scene, _count: int) -> list[Call]:
    return [Call(path="/programme?limit=20", headers=bearer(scene.portal.url, MEMBER))]


def _detail(scene: Scene, count: int, *, is_signed: bool = False) -> list[Call]:
    headers = bearer(scene.portal.url, MEMBER)
    ids = published_ids(scene, count, is_signed=is_signed)
    return [Call(path=f"/programme/{product_id}", headers=headers) for product_id in ids]


def _webhook(scene: Scene, count: int) -> list[Call]:
    secret = scene.environment["MUX_WEBHOOK_SECRET"]
    return ready_events(add_awaiting(scene.database, count), secret)


def _catalogue(scene: Scene, _count: int) -> list[Call]:
    return [Call(path="/", headers=session(scene.portal.url, MEMBER))]


def _watch(scene: Scene, count: int, *, is_signed: bool = False) -> list[Call]:
    headers = session(scene.portal.url, MEMBER)
    ids = published_ids(scene, count, is_signed=is_signed)
    return [Call(path=f"/watch/{product_id}", headers=headers) for product_id in ids]


def _studio(scene: Scene, _count: int) -> list[Call]:
    return [Call(path="/coach/", headers=session(scene.portal.url, COACH))]


ROUTES = (
    Route(name="list", what="GET /programme?limit=20", calls=_list, says=b'"nextCursor"'),
    Route(name="detail", what="GET /programme/{id}", calls=_detail, says=b'"playback"'),
    Route(
        name="detail-signed",
        what="GET /programme/{id}, tokens made",
        calls=partial(_detail, is_signed=True),
        says=b'"playback"',
    ),
    Route(name="webhook", what="POST /webhooks/mux", calls=_webhook, says=b'"applied"', is_once=True),
    Route(name="catalogue", what="GET /", calls=_catalogue, says=b'class="cards'),
    Route(name="watch", what="GET /watch/{id}", calls=_watch, says=b"<mux-player"),
    Route(
        name="watch-signed",
        what="GET /watch/{id}, tokens made",
        calls=partial(_watch, is_signed=True),
        says=b"<mux-player",
    ),
    Route(name="studio", what="GET /coach/", calls=_studio, says=b"New programme"),
)
