"""A client of create-upload-url that never knows whether a request without an answer had its effect."""

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.api.idempotency import WORK_TIMES_OUT_AFTER
from portal.extensions import db
from portal.models import Upload
from tests.callers import Api
from tests.clock import StoppedClock

CREATE = "/programme/create-upload-url"
BODY = {"title": "Breathing"}


class Client:
    """Asks for an upload, and believes nothing but an answer that it has seen."""

    def __init__(self, api: Api, app: Flask, clock: StoppedClock) -> None:
        self._api, self._app, self._clock = api, app, clock

    def ask(self, key: str | None) -> TestResponse:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self._api.post(CREATE, BODY, headers=headers)

    def repeat(self, key: str) -> dict[str, str]:
        """Ask again under the same key, when told to wait once the first request must have died."""
        response = self.ask(key)
        if response.status_code == 409:
            assert response.headers["Retry-After"]
            self.wait_for_the_lock()
            response = self.ask(key)
        assert response.status_code == 201, response.get_data(as_text=True)
        answer: dict[str, str] = response.get_json()
        assert self.ask(key).get_json() == answer, "the answer of a key stays the same"
        return answer

    def wait_for_the_lock(self) -> None:
        self._clock.at += WORK_TIMES_OUT_AFTER

    def finds(self, answer: dict[str, str]) -> bool:
        """Whether what it was answered is what is kept: its address, its upload, its programme."""
        with self._app.app_context():
            attempt = db.session.scalars(select(Upload).where(Upload.mux_upload_id == answer["uploadId"])).one()
            told = (answer["uploadUrl"], answer["productId"])
            return (attempt.url, str(attempt.product_id)) == told and attempt.url_given_at is not None
