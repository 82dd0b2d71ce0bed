"""The two calls that programs make most, answered before Flask is asked: the list, and one programme.

The same rules and the same words as in portal.api.views, whose views answer whatever is left to them here: no good
token of ours, nothing to see, a query that breaks a rule, a database that is away.
"""

import re
import sqlite3
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

import psycopg
from flask import Flask
from pydantic import ValidationError
from pydantic_core import to_json
from sqlalchemy.exc import SQLAlchemyError

from portal.access import may_see, shown_alike
from portal.api.access_tokens import AccessTokens
from portal.api.callers import Caller, read_caller, read_caller_and_programme
from portal.api.schemas import ListQuery, programme_detail_json, programme_list_json
from portal.conditional import digest, is_known
from portal.config import Settings
from portal.database.stamp import DatabaseStamp
from portal.direct_route import answering
from portal.extensions import db
from portal.headers import CHECKED_EACH_TIME, security_headers
from portal.kept import Kept
from portal.models.catalogue import newest_published
from portal.people.token_families import Claims

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from portal.clock import Clock
    from portal.database.bare_connections import BareConnections
    from portal.mux.playback import PlaybackUrls

PATH = re.compile(r"(?:/api)?/programme(?:/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}))?", re.ASCII)
PLAIN_QUERY = re.compile(r"[A-Za-z0-9_=&.~%+-]{0,2000}", re.ASCII)
KEPT_FOR = timedelta(minutes=1)  # tokens of stills last a day from when they were written down


@dataclass(frozen=True)
class Answer:
    """A body, and the ETag that it is known by."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Answer":
        body = to_json(told)
        return cls(body, digest(body))

    def __len__(self) -> int:
        return len(self.body)


class DirectAnswers:
    """Stands before the application."""

    def __init__(self, app: Flask, settings: Settings, following: "WSGIApplication") -> None:
        self._app, self._following = app, following
        self._tokens = AccessTokens(app)
        with app.app_context():
            self._stamp = DatabaseStamp(db.engine)
        self._connections: BareConnections = app.extensions["bare_connections"]
        self._lists: Kept[Answer] = Kept()
        self._headers = [*security_headers(settings), ("Cache-Control", CHECKED_EACH_TIME)]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        answer = self._answer(environ) if environ["REQUEST_METHOD"] == "GET" else None
        if answer is None:
            return self._following(environ, start_response)
        headers = [*self._headers, ("ETag", f'"{answer.etag}"')]
        if is_known(answer.etag, environ.get("HTTP_IF_NONE_MATCH")):
            start_response("304 NOT MODIFIED", headers)
            return []
        length = str(len(answer.body))
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", length), *headers])
        return [answer.body]

    def _answer(self, environ: "WSGIEnvironment") -> Answer | None:
        """None where it is for a view to say."""
        path = PATH.fullmatch(environ["PATH_INFO"])
        claims = self._tokens.claims_of(environ.get("HTTP_AUTHORIZATION", "")) if path else None
        if path is None or claims is None:
            return None
        try:
            if path[1]:
                with answering("GET /programme/<uuid:product_id>"):
                    return self._programme(claims, uuid.UUID(path[1]), self._now())
            with answering("GET /programme"):
                return self._list(claims, environ.get("QUERY_STRING", ""), self._now())
        except (SQLAlchemyError, psycopg.Error, sqlite3.Error):
            return None  # the view meets the same trouble, and tells of it

    def _programme(self, claims: Claims, product_id: uuid.UUID, at: datetime) -> Answer | None:
        found = read_caller_and_programme(self._connections, claims, product_id)
        if found is None or not may_see(*found):
            return None
        person, programme = found
        return Answer.of(programme_detail_json(programme, person, self._urls(), at))

    def _list(self, claims: Claims, query: str, at: datetime) -> Answer | None:
        """The list is the same for all of whom it tells the same; what changes it moves the database's stamp."""
        stamp = self._stamp.before_reading()
        caller = read_caller(self._connections, claims)
        if caller is None:
            return None
        if caller.has_grants:  # what they see is told to nobody else
            return self._make_list(caller, query, at)
        name, stamp = (query, *shown_alike(caller.person, at)), stamp or caller.stamp
        kept = self._lists.find(name, stamp, at)
        if kept is not None:
            return kept
        made = self._make_list(caller, query, at)
        if made is not None:
            self._lists.put(name, stamp, made, at=at, until=at + KEPT_FOR)
        return made

    def _make_list(self, caller: Caller, query: str, at: datetime) -> Answer | None:
        wanted = _query(query)
        if wanted is None:
            return None
        with self._app.app_context():
            page = newest_published(wanted.filter, limit=wanted.limit, after=wanted.position)
        return Answer.of(programme_list_json(page, caller.person, self._urls(), at))

    def _now(self) -> datetime:
        return cast("Clock", self._app.extensions["clock"])()

    def _urls(self) -> "PlaybackUrls":
        return cast("PlaybackUrls", self._app.extensions["playback_urls"])


def _query(text: str) -> ListQuery | None:
    """What a plainly written query asks for; None where it breaks a rule or is written in some other way."""
    if not PLAIN_QUERY.fullmatch(text):
        return None
    asked = dict(reversed(parse_qsl(text, keep_blank_values=True)))  # of several with one name the first counts
    if any("\N{REPLACEMENT CHARACTER}" in value for pair in asked.items() for value in pair):
        return None
    try:
        return ListQuery.model_validate(asked)
    except ValidationError:
        return None
