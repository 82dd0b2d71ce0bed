"""Idempotency-Key on what makes an upload address: the same request gets the same answer for 24 hours.

A key is kept in the transaction that begins the attempt, so that there is never one without the other. For a new
programme that is before Mux is called: a repeat that comes while the first request still waits for Mux is told to
come back, and once that request must have died, the repeat finishes its work.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import abort, request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.errors import problem
from portal.extensions import db
from portal.models import IdempotencyKey, Upload, User
from portal.models.idempotency_key import KEPT_FOR, KEY_MAX_CHARACTERS

WORK_TIMES_OUT_AFTER = timedelta(seconds=30)  # longer than any call to Mux may take


@dataclass(frozen=True, kw_only=True)
class RepeatableRequest:
    """What somebody asks for under a key; by None, without one: then every request is a new one."""

    user: User
    key: str | None
    request_hash: str

    def former_attempt(self, at: datetime) -> Upload | None:
        """The attempt that this request made before: finished, or to be finished now. None for a new one.

        Ends the request with 409 if the key was used for something else, or while its first request is at work.
        """
        row = self._kept_row()
        if row is None:
            return None
        if row.created_at + KEPT_FOR <= at:
            db.session.delete(row)
            db.session.flush()
            return None
        if row.request_hash != self.request_hash:
            abort(409, "This Idempotency-Key was used with another body.")
        if row.upload.mux_upload_id is None:
            if at < row.locked_until:
                answer = problem(409, "The first request with this Idempotency-Key is still at work.")
                answer.headers["Retry-After"] = "2"
                abort(answer)
            row.locked_until = at + WORK_TIMES_OUT_AFTER
        return row.upload

    def keep(self, upload: Upload, at: datetime) -> bool:
        """Keep the key with the attempt it makes. False if another request was quicker: all is rolled back then."""
        if self.key is None:
            return True
        row = IdempotencyKey(
            user_id=self.user.id,
            key=self.key,
            request_hash=self.request_hash,
            upload_id=upload.id,
            created_at=at,
            locked_until=at + WORK_TIMES_OUT_AFTER,
        )
        try:
            db.session.add(row)
            db.session.flush()
        except IntegrityError:
            db.session.rollback()
            return False
        return True

    def _kept_row(self) -> IdempotencyKey | None:
        if self.key is None:
            return None
        return db.session.scalar(
            select(IdempotencyKey)
            .where(IdempotencyKey.user_id == self.user.id, IdempotencyKey.key == self.key)
            .with_for_update(of=IdempotencyKey)
            .execution_options(populate_existing=True)
        )


def repeatable_request(user: User, *asked_for: str) -> RepeatableRequest:
    """The request that is being answered: `asked_for` is all that must be equal for another to be its repeat."""
    request_hash = hashlib.sha256(json.dumps(asked_for).encode()).hexdigest()
    return RepeatableRequest(user=user, key=_requested_key(), request_hash=request_hash)


def _requested_key() -> str | None:
    """The key that the client sent, if any; 422 for one that is empty or too long."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not key.strip() or len(key) > KEY_MAX_CHARACTERS or not key.isprintable():
        message = f"Send 1 to {KEY_MAX_CHARACTERS} printable characters."
        abort(problem(422, "Some fields are not valid.", errors=[{"field": "Idempotency-Key", "message": message}]))
    return key
