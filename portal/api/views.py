"""The JSON endpoints for programmes and tokens; contract and limits stand in the README's table."""

import uuid
from datetime import timedelta
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify

from portal.access import programme_in_studio, programme_to_edit, programme_to_restore, programme_to_see
from portal.api.idempotency import RepeatableRequest, repeatable_request
from portal.api.identity import api_user, holder_of_own_token, needs_token
from portal.api.requests import read_json, read_nothing, read_query
from portal.api.schemas import (
    Credentials,
    ListQuery,
    Metadata,
    NewEmbedLink,
    NewProgramme,
    programme_detail_json,
    programme_json,
    programme_list_json,
)
from portal.api.tokens import token_pair, unauthorized
from portal.clock import iso_utc, utc_now
from portal.config import current_settings
from portal.editing import apply_changes
from portal.embed_links import address_of, make_embed_link
from portal.extensions import csrf, db
from portal.lifecycle.attempts import begin_programme, cancel_attempt
from portal.lifecycle.deletion import delete_programme, restore_programme
from portal.lifecycle.moves import StateConflictError
from portal.lifecycle.publication import set_published
from portal.models import Programme, Role, Upload
from portal.models.catalogue import newest_published
from portal.models.programme import select_programme_for_update
from portal.mux.gateway import current_mux
from portal.mux.playback import current_playback_urls
from portal.nudge import WorkName, nudge
from portal.people.accounts import authenticate
from portal.people.token_families import Holder, begin_family, carry_on, end_family, is_alive
from portal.rate_limits import TOKEN_REFRESHES, count_failed_sign_in, refuse_guessing
from portal.uploading import open_upload_or_leave_nothing, upload_to_use

api = Blueprint("api", __name__)
csrf.exempt(api)  # a bearer token is never sent by a browser on its own

log = structlog.get_logger()


@api.post("/auth/token")
def create_token() -> Response | dict[str, Any]:
    credentials = read_json(Credentials)
    refuse_guessing(credentials.email)
    user = authenticate(credentials.email, credentials.password)
    if user is None:
        count_failed_sign_in(credentials.email)
        return unauthorized("The e-mail address or the password is not right.")
    family = begin_family(user, current_settings(), at=utc_now())
    db.session.commit()
    return token_pair(user, family.id, family.current_jti, current_settings())


@api.post("/auth/token/refresh")
def refresh_token() -> Response | dict[str, Any]:
    holder, jti = holder_of_own_token(refresh=True)
    if jti != holder.current_jti:
        return _refuse_reuse(holder)
    TOKEN_REFRESHES.take(str(holder.user.id))
    db.session.commit()  # of two that come at the same moment both get this far, and one gets further
    fresh_jti = carry_on(holder, current_settings(), at=utc_now())
    db.session.commit()
    if fresh_jti is not None:
        return token_pair(holder.user, holder.family_id, fresh_jti, current_settings())
    if is_alive(holder.family_id):
        raise StateConflictError("Another request refreshes this token at this moment. Use the pair that it gets.")
    return unauthorized()


@api.post("/auth/token/revoke")
def revoke_token() -> tuple[str, int]:
    holder, _ = holder_of_own_token(of_any_use=True)
    end_family(holder.family_id, at=utc_now())
    db.session.commit()
    log.info("tokens.revoked", user=holder.user.id, family=str(holder.family_id))
    return "", 204


@api.post("/programme/create-upload-url")
@needs_token(Role.ADMIN, Role.COACH)
def create_upload_url() -> tuple[Response, int]:
    wanted = read_json(NewProgramme)
    upload = _attempt_for(repeatable_request(api_user(), "create", wanted.title), wanted.title)
    if upload.mux_upload_id is None:
        programme = db.session.scalars(select_programme_for_update(upload.product_id)).one()
        upload = open_upload_or_leave_nothing(programme, upload, current_mux())
    return _upload_answer(upload)


@api.post("/programme/<uuid:product_id>/upload-url")
@needs_token(Role.ADMIN, Role.COACH)
def renew_upload_url(product_id: uuid.UUID) -> tuple[Response, int]:
    read_nothing()
    programme = programme_to_edit(api_user(), product_id)
    asked = repeatable_request(api_user(), "renew", str(product_id))
    upload = asked.former_attempt(utc_now()) or _fresh_upload(programme, asked)
    return _upload_answer(upload)


@api.delete("/programme/<uuid:product_id>/upload-url")
@needs_token(Role.ADMIN, Role.COACH)
def cancel_upload(product_id: uuid.UUID) -> tuple[str, int]:
    cancel_attempt(programme_to_edit(api_user(), product_id), api_user(), at=utc_now())
    db.session.commit()
    nudge(WorkName.PAY_DISCARDS)
    return "", 204


@api.patch("/programme/metadata")
@needs_token(Role.ADMIN, Role.COACH)
def change_metadata() -> dict[str, Any]:
    sent, user, at = read_json(Metadata), api_user(), utc_now()
    programme = programme_to_edit(user, sent.product_id)
    apply_changes(programme, sent.changes, user, at=at)
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
    query = read_query(ListQuery)
    page = newest_published(query.filter, limit=query.limit, after=query.position)
    return programme_list_json(page, api_user(), current_playback_urls(), utc_now())


@api.delete("/programme/<uuid:product_id>")
@needs_token(Role.ADMIN, Role.COACH)
def remove_programme(product_id: uuid.UUID) -> tuple[str, int]:
    delete_programme(programme_to_edit(api_user(), product_id), api_user(), at=utc_now())
    db.session.commit()
    nudge(WorkName.PAY_DISCARDS)
    return "", 204


@api.post("/programme/<uuid:product_id>/restoration")
@needs_token(Role.ADMIN, Role.COACH)
def bring_back_programme(product_id: uuid.UUID) -> dict[str, Any]:
    read_nothing()
    user, at = api_user(), utc_now()
    programme = programme_to_restore(user, product_id)
    restore_programme(programme, user, at=at)
    db.session.commit()
    return programme_json(programme, user, current_playback_urls(), at)


def _refuse_reuse(holder: Holder) -> Response:
    """Somebody else has this refresh token, or had it before: nobody can tell who, so neither goes on."""
    end_family(holder.family_id, at=utc_now())
    db.session.commit()
    log.warning("tokens.reused", user=holder.user.id, family=str(holder.family_id))
    return unauthorized("This refresh token was used before, so all tokens of its sign-in have ended. Sign in again.")


@api.post("/programme/<uuid:product_id>/embed-link")
@needs_token(Role.ADMIN, Role.COACH)
def create_embed_link(product_id: uuid.UUID) -> tuple[Response, int]:
    wanted, at = read_json(NewEmbedLink), utc_now()
    programme = programme_in_studio(api_user(), product_id)
    link = make_embed_link(programme, timedelta(seconds=wanted.expires_in), wanted.viewer, at)
    return jsonify({"url": address_of(link), "expiresAt": iso_utc(link.expires_at)}), 201


def _upload_answer(upload: Upload) -> tuple[Response, int]:
    answer = {"uploadUrl": upload.url, "uploadId": upload.mux_upload_id, "productId": str(upload.product_id)}
    return jsonify(answer), 201


def _attempt_for(asked: RepeatableRequest, title: str) -> Upload:
    """The first attempt of a new programme, or the one that this request made before."""
    at = utc_now()
    former = asked.former_attempt(at)
    if former is not None:
        return former
    _, upload = begin_programme(asked.user, title=title, at=at)
    return upload if asked.keep(upload, at) else _attempt_for(asked, title)


def _fresh_upload(programme: Programme, asked: RepeatableRequest) -> Upload:
    """A further upload of a programme, with the key it was asked for by; its repeat's where that was quicker."""

    def keep(upload: Upload) -> None:
        if not asked.keep(upload, utc_now()):
            raise StateConflictError("This Idempotency-Key was used for something else in the meantime.")

    try:
        return upload_to_use(programme, asked.user, current_mux(), may_replace=True, keep=keep)
    except StateConflictError:
        db.session.rollback()
        former = asked.former_attempt(utc_now())
        if former is None:
            raise
        return former
