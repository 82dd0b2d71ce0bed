"""The JSON endpoints for programmes and tokens; contract and limits stand in the README's table."""

import uuid
from typing import Any

from flask import Blueprint, Response, jsonify

from portal.access import programme_to_edit, programme_to_see
from portal.accounts import authenticate
from portal.api import idempotency
from portal.api.identity import api_user, needs_token, token_answer, unauthorized
from portal.api.requests import read_json, read_query
from portal.api.schemas import (
    Credentials,
    ListQuery,
    Metadata,
    NewProgramme,
    programme_detail_json,
    programme_json,
)
from portal.clock import utc_now
from portal.config import current_settings
from portal.extensions import csrf, db
from portal.lifecycle.attempts import begin_programme
from portal.lifecycle.deletion import take_back_programme
from portal.lifecycle.publication import set_published
from portal.models import Programme, Role, Upload, User
from portal.models.catalogue import Filter, newest_published
from portal.models.programme import select_programme_for_update
from portal.models.upload import select_current_upload
from portal.mux.gateway import current_mux
from portal.mux.playback import current_playback_urls
from portal.rate_limits import count_failed_sign_in, refuse_guessing
from portal.uploading import open_upload

api = Blueprint("api", __name__)
csrf.exempt(api)  # a bearer token is never sent by a browser on its own


@api.post("/auth/token")
def create_token() -> Response | dict[str, Any]:
    credentials = read_json(Credentials)
    refuse_guessing(credentials.email)
    user = authenticate(credentials.email, credentials.password)
    if user is None:
        count_failed_sign_in(credentials.email)
        return unauthorized("The e-mail address or the password is not right.")
    return token_answer(user, current_settings())


@api.post("/auth/token/refresh")
@needs_token(*Role, refresh=True)
def refresh_token() -> dict[str, Any]:
    return token_answer(api_user(), current_settings())


@api.post("/programme/create-upload-url")
@needs_token(Role.ADMIN, Role.COACH)
def create_upload_url() -> tuple[Response, int]:
    wanted = read_json(NewProgramme)
    upload = _attempt_for(api_user(), wanted.title, idempotency.requested_key())
    if upload.mux_upload_id is None:
        upload = _open_or_leave_nothing(upload)
    answer = {"uploadUrl": upload.url, "uploadId": upload.mux_upload_id, "productId": str(upload.product_id)}
    return jsonify(answer), 201


@api.patch("/programme/metadata")
@needs_token(Role.ADMIN, Role.COACH)
def change_metadata() -> dict[str, Any]:
    sent, user, at = read_json(Metadata), api_user(), utc_now()
    programme = programme_to_edit(user, sent.product_id)
    for name in ("title", "description", "tags", "is_premium", "is_featured"):
        if name in sent.model_fields_set:
            setattr(programme, name, getattr(sent, name))
            programme.updated_at = at
    if "is_published" in sent.model_fields_set:
        set_published(programme, wanted=sent.is_published, by=user, at=at)
    db.session.commit()
    return programme_json(programme, user, current_playback_urls(), at)


@api.get("/programme/<uuid:product_id>")
@needs_token(*Role)
def show_programme(product_id: uuid.UUID) -> dict[str, Any]:
    programme = programme_to_see(api_user(), product_id)
    return programme_detail_json(programme, api_user(), current_playback_urls(), utc_now())


@api.get("/programme")
@needs_token(*Role)
def list_programmes() -> dict[str, Any]:
    query, user, at = read_query(ListQuery), api_user(), utc_now()
    wanted = Filter(tag=query.tag, search=query.q, is_featured=query.featured, is_premium=query.premium)
    page = newest_published(wanted, limit=query.limit, after=query.position)
    items = [programme_json(programme, user, current_playback_urls(), at) for programme in page.items]
    return {"items": items, "nextCursor": page.next_cursor}


def _attempt_for(user: User, title: str, key: str | None) -> Upload:
    """The attempt of a new programme, or the one that this Idempotency-Key made before."""
    at = utc_now()
    if key is None:
        return begin_programme(user, title=title, at=at)[1]
    request_hash = idempotency.hash_of(title)
    former = idempotency.former_attempt(user, key, request_hash, at)
    if former is not None:
        return former
    _, upload = begin_programme(user, title=title, at=at)
    if idempotency.keep_key(user, key, request_hash, upload, at):
        return upload
    return _attempt_for(user, title, key)


def _open_or_leave_nothing(upload: Upload) -> Upload:
    """Ask Mux for the address; where that fails, the programme is taken back and the failure goes on."""
    product_id = upload.product_id
    programme = db.session.scalars(select_programme_for_update(product_id)).one()
    try:
        return open_upload(programme, upload, current_mux(), is_handed_out=True)
    except Exception:
        db.session.rollback()
        _take_back(product_id, upload.id)
        db.session.commit()
        raise


def _take_back(product_id: uuid.UUID, upload_id: int) -> None:
    """Drop a programme that got no address, unless somebody else has got one for it in the meantime."""
    programme: Programme | None = db.session.scalar(select_programme_for_update(product_id))
    current = db.session.scalar(select_current_upload(product_id))
    if programme is not None and current is not None and current.id == upload_id and current.mux_upload_id is None:
        take_back_programme(programme)
