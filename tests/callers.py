"""The API as each of the cast calls it."""

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.api.tokens import token_pair
from portal.config import Settings
from portal.extensions import db
from portal.models import Base, Programme, RefreshFamily, Status, User, UserSession
from portal.people.token_families import begin_family
from tests.clock import NOON
from tests.conftest import Cast
from tests.factories import make_programme

EVERYBODY = ("owner", "other_coach", "viewer", "member", "admin")


class Api:
    """A client that signs each call with the token of somebody; by None, with none."""

    def __init__(self, app: Flask, cast: Cast, settings: Settings) -> None:
        self._app, self._cast, self._settings = app, cast, settings
        self._tokens: dict[str, str] = {}

    def get(self, path: str, *, by: str | None = "owner", **options: Any) -> TestResponse:
        return self.send("GET", path, by=by, **options)

    def post(self, path: str, json: Any = None, *, by: str | None = "owner", **options: Any) -> TestResponse:
        return self.send("POST", path, by=by, json=json, **options)

    def patch(self, path: str, json: Any = None, *, by: str | None = "owner", **options: Any) -> TestResponse:
        return self.send("PATCH", path, by=by, json=json, **options)

    def send(self, method: str, path: str, *, by: str | None = "owner", **options: Any) -> TestResponse:
        headers = {**options.pop("headers", {})}
        if by is not None:
            headers["Authorization"] = f"Bearer {self.token_of(by)}"
        if options.get("json") is None:
            options.pop("json", None)
        return self._app.test_client().open(path, method=method, headers=headers, **options)

    def statuses(self, method: str, path: str, **options: Any) -> dict[str, int]:
        """What each of the cast is answered, and what somebody without a token is."""
        answers = {who: self.send(method, path, by=who, **options).status_code for who in EVERYBODY}
        return {**answers, "nobody": self.send(method, path, by=None, **options).status_code}

    def token_of(self, who: str, kind: str = "accessToken") -> str:
        if who + kind not in self._tokens:
            self._tokens |= {who + each: token for each, token in self.new_pair(who).items()}
        return self._tokens[who + kind]

    def new_pair(self, who: str) -> dict[str, str]:
        """The tokens of one more sign-in of somebody's, by name."""
        with self._app.app_context():
            user = db.session.merge(self._cast[who])
            family = begin_family(user, self._settings, at=NOON)
            db.session.commit()
            answer = token_pair(user, family.id, family.current_jti, self._settings)
            return {each: answer[each] for each in ("accessToken", "refreshToken")}


class Shelf:
    """Puts programmes into the database and looks at them, a context at a time."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self._app, self._cast = app, cast

    def add(self, status: Status = Status.READY, *, owner: str = "owner", **values: Any) -> str:
        """A programme of somebody's; its productId."""
        with self._app.app_context():
            programme = make_programme(db.session.merge(self._cast[owner]), status=status, **values)
            db.session.commit()
            return str(programme.product_id)

    def row(self, product_id: str) -> Programme:
        with self._app.app_context():
            return db.session.scalars(select(Programme).where(Programme.product_id == uuid.UUID(product_id))).one()

    def is_empty(self) -> bool:
        """Whether nothing is kept but people and their sign-ins."""
        with self._app.app_context():
            of_people = {each.__tablename__ for each in (User, UserSession, RefreshFamily)}
            tables = [table for table in Base.metadata.sorted_tables if table.name not in of_people]
            return all(db.session.scalar(select(func.count()).select_from(table)) == 0 for table in tables)

    def count(self) -> int:
        with self._app.app_context():
            return db.session.scalar(select(func.count()).select_from(Programme)) or 0


def fields_of(response: TestResponse) -> list[str]:
    """The names of the fields that a 422 complains of, after a look at its form."""
    body = problem_of(response, 422)
    assert body["detail"] == "Some fields are not valid."
    assert all(set(error) == {"field", "message"} and error["message"] for error in body["errors"])
    return [error["field"] for error in body["errors"]]


def problem_of(response: TestResponse, status: int) -> dict[str, Any]:
    """The body of a failure, after a look at its form (RFC 9457)."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = response.get_json()
    assert body["type"] == "about:blank"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


@pytest.fixture
def api(app: Flask, cast: Cast, settings: Settings) -> Api:
    return Api(app, cast, settings)


@pytest.fixture
def shelf(app: Flask, cast: Cast) -> Shelf:
    return Shelf(app, cast)
