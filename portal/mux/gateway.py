"""Everything the portal asks of Mux's API. The only module that imports mux_python.

The SDK fails in many ways (its own exceptions, urllib3's, whatever a strange answer does to its reader, and a
silent None); all of them leave here as one MuxError that says whether trying again can help.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol, cast

import mux_python
import urllib3.exceptions
from flask import current_app
from mux_python.exceptions import ApiException, OpenApiException

from portal.config import Settings
from portal.mux.breaker import Breaker
from portal.mux.bulkhead import Bulkhead
from portal.mux.errors import MUX_IS_AWAY, MuxError, Trouble
from portal.mux.facts import (
    AssetPage,
    DirectUpload,
    ListedUpload,
    Report,
    asset_page,
    asset_report,
    fault_of,
    is_name,
    moment_of_header,
    upload_page,
)

__all__ = ("MUX_IS_AWAY", "MuxApi", "MuxError", "MuxGateway", "Trouble", "UploadRequest", "current_mux")

CONNECT_TIMEOUT_SECONDS = 3
READ_TIMEOUT_SECONDS = 10
PROBE_TIMEOUT_SECONDS = 2  # for each of both: somebody waits for the answer
LIST_LIMIT = 100  # the most that Mux gives at once
RETRY_AFTER_MAX_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class UploadRequest:
    """What a new direct upload is made for. `passthrough` is the productId and comes back with every event."""

    passthrough: str
    title: str
    creator_id: str
    cors_origin: str


class MuxGateway(Protocol):
    """What the portal needs of Mux. Every method may raise MuxError."""

    def create_upload(self, request: UploadRequest) -> DirectUpload:
        """Ask for an address that a browser may send one video to."""

    def get_upload(self, upload_id: str) -> DirectUpload:
        """Ask what has become of a direct upload."""

    def get_asset(self, asset_id: str) -> Report:
        """Ask what has become of an asset."""

    def cancel_upload(self, upload_id: str) -> None:
        """Close an upload that waits for its file. One that is gone or closed already is no error.

        Raises MuxError REFUSED when the file has come through in the meantime.
        """

    def delete_asset(self, asset_id: str) -> None:
        """Delete an asset and everything it plays as. An asset that is gone already is no error."""

    def create_playback_id(self, asset_id: str) -> str:
        """Make one more playback id of an asset, which plays with tokens alone."""

    def delete_playback_id(self, asset_id: str, playback_id: str) -> None:
        """Delete one of an asset's playback ids. One that is gone already is no error."""

    def list_assets(self, cursor: str | None) -> AssetPage:
        """All assets of the environment, whoever made them: the first 100, or those behind a cursor."""

    def list_uploads(self, page: int) -> tuple[ListedUpload, ...]:
        """All direct uploads of the environment, 100 to a page, from page 1; nothing behind the last."""

    def probe(self) -> datetime | None:
        """Ask for next to nothing, to see that the credentials work; Mux's own time, where its answer tells."""

    def create_signing_key(self) -> tuple[str, str]:
        """Make a signing key; its id and its private key (base64 of a PEM), which Mux shows this once."""


def current_mux() -> MuxGateway:
    """The gateway of the application at work."""
    return cast("MuxGateway", current_app.extensions["mux"])


class MuxApi:
    """The gateway over HTTP, to Mux itself or to whatever answers at `mux_base_url`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        configuration = mux_python.Configuration(
            host=settings.mux_base_url, username=settings.mux_token_id, password=settings.mux_token_secret
        )
        configuration.connection_pool_maxsize = settings.mux_calls_at_once
        configuration.retries = False  # nothing is sent twice behind our back; who calls decides on another try
        # An enum value newer than the SDK must not hide the rest of an answer. Nested models obey the default only.
        configuration.client_side_validation = False
        mux_python.Configuration.set_default(configuration)
        client = mux_python.ApiClient(configuration)
        self._uploads = mux_python.DirectUploadsApi(client)
        self._assets = mux_python.AssetsApi(client)
        self._signing_keys = mux_python.SigningKeysApi(client)
        self._breaker = Breaker()
        self._bulkhead = Bulkhead(settings.mux_calls_at_once)

    def create_upload(self, request: UploadRequest) -> DirectUpload:
        policy = "signed" if self._settings.mux_signing_key else "public"
        body = {
            "cors_origin": request.cors_origin,
            "timeout": self._settings.upload_timeout_seconds,
            "new_asset_settings": {
                "playback_policies": [policy],
                "passthrough": request.passthrough,
                "meta": {
                    "title": request.title,
                    "creator_id": request.creator_id,
                    "external_id": request.passthrough,
                },
                "video_quality": self._settings.mux_video_quality,
                "max_resolution_tier": self._settings.mux_max_resolution_tier,
            },
        }
        with self._asking():
            upload = _read_upload(_call(self._uploads.create_direct_upload, body).data)
        if not upload.url:
            raise MuxError(Trouble.UNREADABLE, "Mux made an upload without an address to send it to")
        return upload

    def get_upload(self, upload_id: str) -> DirectUpload:
        with self._asking():
            return _read_upload(_call(self._uploads.get_direct_upload, upload_id).data)

    def get_asset(self, asset_id: str) -> Report:
        with self._asking():
            return asset_report(_call(self._assets.get_asset, asset_id).data.to_dict())

    def cancel_upload(self, upload_id: str) -> None:
        try:
            with self._asking():
                _call(self._uploads.cancel_direct_upload, upload_id)
        except MuxError as error:
            if error.trouble is Trouble.NOT_FOUND:
                return
            # Mux's word for an upload that waits no more is 403 without a body; with one, the credentials are meant.
            cause = error.__cause__
            if isinstance(cause, ApiException) and cause.status == HTTPStatus.FORBIDDEN and not cause.body:
                raise MuxError(Trouble.REFUSED, "the upload is not waiting any more") from error
            raise

    def delete_asset(self, asset_id: str) -> None:
        with _gone_is_fine(), self._asking():
            _call(self._assets.delete_asset, asset_id)

    def create_playback_id(self, asset_id: str) -> str:
        with self._asking():
            made = _call(self._assets.create_asset_playback_id, asset_id, {"policy": "signed"}).data
            playback_id, policy = made.id, made.policy
        if policy != "signed" or not is_name(playback_id):
            raise MuxError(Trouble.UNREADABLE, "Mux made no signed playback id")
        return playback_id

    def delete_playback_id(self, asset_id: str, playback_id: str) -> None:
        with _gone_is_fine(), self._asking():
            _call(self._assets.delete_asset_playback_id, asset_id, playback_id)

    def list_assets(self, cursor: str | None) -> AssetPage:
        place = {} if cursor is None else {"cursor": cursor}
        with self._asking():
            return asset_page(_call(self._assets.list_assets, limit=LIST_LIMIT, **place).to_dict())

    def list_uploads(self, page: int) -> tuple[ListedUpload, ...]:
        with self._asking():
            return upload_page(_call(self._uploads.list_direct_uploads, limit=LIST_LIMIT, page=page).to_dict())

    def probe(self) -> datetime | None:
        ask = self._uploads.list_direct_uploads_with_http_info
        timeouts = tuple(min(each, PROBE_TIMEOUT_SECONDS) for each in _timeouts())
        with _one_kind_of_failure():  # let through always, as it is asked how Mux is now
            answer, _status, headers = ask(limit=1, page=1, _request_timeout=timeouts)
            upload_page(answer.to_dict())
            self._breaker.answered()
            return moment_of_header(headers.get("Date"))

    def create_signing_key(self) -> tuple[str, str]:
        with self._asking():
            data = _call(self._signing_keys.create_signing_key).data
            key_id, private_key = data.id, data.private_key
        if not key_id or not private_key:
            raise MuxError(Trouble.UNREADABLE, "Mux made a signing key without showing it")
        return key_id, private_key

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Around a call and the reading of its answer."""
        with self._bulkhead.place(), self._breaker.calling(), _one_kind_of_failure():
            yield


def _read_upload(data: Any) -> DirectUpload:
    error = data.error
    fault = fault_of(error.type, error.message, "The upload failed at Mux.") if error else None
    return DirectUpload(
        id=data.id,
        status=data.status,
        url=data.url,
        asset_id=data.asset_id,
        timeout_seconds=data.timeout,
        fault=fault,
    )


def _call(method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    return method(*arguments, **options, _request_timeout=_timeouts())


def _timeouts() -> tuple[float, float]:
    """For the connection, and for the answer."""
    return CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    """Take it for done that there is nothing to delete."""
    try:
        yield
    except MuxError as error:
        if error.trouble is not Trouble.NOT_FOUND:
            raise


@contextmanager
def _one_kind_of_failure() -> Iterator[None]:
    """Let a call and the reading of its answer leave as MuxError, whatever way they fail."""
    try:
        yield
    except ApiException as error:
        raise _refusal(error) from error
    except (urllib3.exceptions.TimeoutError, urllib3.exceptions.NewConnectionError) as error:
        raise MuxError(Trouble.OUT_OF_REACH, "Mux did not answer") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise MuxError(Trouble.OUT_OF_REACH, "the connection to Mux broke") from error
    except (OpenApiException, ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        if isinstance(error.__context__, ApiException):  # it stumbled over the body of a refusal
            raise _refusal(error.__context__) from error
        raise MuxError(Trouble.UNREADABLE, "Mux's answer could not be read") from error


def _refusal(error: ApiException) -> MuxError:
    status = error.status or 0
    if status == 0:  # the SDK's word for a TLS handshake that failed
        return MuxError(Trouble.OUT_OF_REACH, "the connection to Mux broke")
    if status in {401, 403}:
        trouble = Trouble.CREDENTIALS
    elif status == HTTPStatus.NOT_FOUND:
        trouble = Trouble.NOT_FOUND
    elif status == HTTPStatus.TOO_MANY_REQUESTS:
        trouble = Trouble.RATE_LIMITED
    elif HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        trouble = Trouble.REFUSED
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        trouble = Trouble.FAILED
    else:
        trouble = Trouble.UNREADABLE
    return MuxError(trouble, _message(error), retry_after_seconds=_retry_after_seconds(error))


def _message(error: ApiException) -> str:
    """Mux's own sentence: `{"error": {"type", "messages": [...]}}`; the SDK leaves the body unread."""
    fallback = f"Mux answered {error.status}"
    try:
        messages = json.loads(error.body)["error"]["messages"]
    except (TypeError, ValueError, KeyError, AttributeError):
        return fallback
    return fault_of(None, messages[0], fallback).message if isinstance(messages, list) and messages else fallback


def _retry_after_seconds(error: ApiException) -> int | None:
    value = (error.headers or {}).get("Retry-After", "")
    is_number = value.isascii() and value.isdecimal() and len(value) <= RETRY_AFTER_MAX_DIGITS
    return int(value) if is_number else None
