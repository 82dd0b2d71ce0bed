"""Everything the portal asks of Mux's API. The only module that imports mux_python.

The SDK fails in five ways (its own exceptions, urllib3's, ValueError, UnicodeDecodeError, and a silent None);
all of them leave here as one MuxError that says whether trying again can help.
"""

import enum
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

import mux_python
import urllib3.exceptions
from flask import current_app
from mux_python.exceptions import ApiException, OpenApiException

from portal.config import Settings
from portal.mux.facts import DirectUpload, Fault, Report, asset_report

CONNECT_TIMEOUT_SECONDS = 3
READ_TIMEOUT_SECONDS = 10


class Trouble(enum.StrEnum):
    """Why a call to Mux came to nothing."""

    CREDENTIALS = "credentials"  # 401, 403: the access token is wrong or lacks a permission
    NOT_FOUND = "not_found"
    REFUSED = "refused"  # any other 4xx: Mux understood and said no
    RATE_LIMITED = "rate_limited"
    FAILED = "failed"  # 5xx
    OUT_OF_REACH = "out_of_reach"  # no connection, or no answer in time
    UNREADABLE = "unreadable"  # an answer that is not one of Mux's


class MuxError(Exception):
    """A call to Mux that came to nothing. `message` is Mux's own sentence where it gave one."""

    def __init__(self, trouble: Trouble, message: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(f"{trouble}: {message}")
        self.trouble = trouble
        self.message = message
        self.retry_after_seconds = retry_after_seconds

    @property
    def can_retry(self) -> bool:
        """Whether the same call may succeed later with nobody changing anything."""
        return self.trouble in {Trouble.RATE_LIMITED, Trouble.FAILED, Trouble.OUT_OF_REACH}


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

    def delete_asset(self, asset_id: str) -> None:
        """Delete an asset and everything it plays as. An asset that is gone already is no error."""

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
        configuration.retries = False  # nothing is sent twice behind our back; who calls decides on another try
        # An enum value newer than the SDK must not hide the rest of an answer. Nested models obey the default only.
        configuration.client_side_validation = False
        mux_python.Configuration.set_default(configuration)
        client = mux_python.ApiClient(configuration)
        self._uploads = mux_python.DirectUploadsApi(client)
        self._assets = mux_python.AssetsApi(client)
        self._signing_keys = mux_python.SigningKeysApi(client)

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
        upload = _read_upload(_call(self._uploads.create_direct_upload, body))
        if not upload.url:
            raise MuxError(Trouble.UNREADABLE, "Mux made an upload without an address to send it to")
        return upload

    def get_upload(self, upload_id: str) -> DirectUpload:
        return _read_upload(_call(self._uploads.get_direct_upload, upload_id))

    def get_asset(self, asset_id: str) -> Report:
        data = _call(self._assets.get_asset, asset_id)
        return asset_report(data.to_dict())

    def delete_asset(self, asset_id: str) -> None:
        try:
            _call(self._assets.delete_asset, asset_id, has_answer=False)
        except MuxError as error:
            if error.trouble is not Trouble.NOT_FOUND:
                raise

    def create_signing_key(self) -> tuple[str, str]:
        data = _call(self._signing_keys.create_signing_key)
        if not data.id or not data.private_key:
            raise MuxError(Trouble.UNREADABLE, "Mux made a signing key without showing it")
        return data.id, data.private_key


def _read_upload(data: Any) -> DirectUpload:
    error = data.error
    fault = Fault(type=str(error.type or "unknown"), message=str(error.message or "")) if error else None
    return DirectUpload(
        id=data.id,
        status=data.status,
        url=data.url,
        asset_id=data.asset_id,
        timeout_seconds=data.timeout,
        fault=fault,
    )


def _call(method: Callable[..., Any], *arguments: Any, has_answer: bool = True) -> Any:
    """Call the SDK; its answer's `data`, or MuxError, whatever way it failed."""
    try:
        answer = method(*arguments, _request_timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS))
    except ApiException as error:
        raise _refusal(error) from error
    except (urllib3.exceptions.TimeoutError, urllib3.exceptions.NewConnectionError) as error:
        raise MuxError(Trouble.OUT_OF_REACH, "Mux did not answer") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise MuxError(Trouble.OUT_OF_REACH, "the connection to Mux broke") from error
    except (OpenApiException, ValueError, TypeError, AttributeError) as error:
        raise MuxError(Trouble.UNREADABLE, "Mux's answer could not be read") from error
    if has_answer and getattr(answer, "data", None) is None:
        raise MuxError(Trouble.UNREADABLE, "Mux's answer was empty or had an unexpected status")
    return answer.data if has_answer else None


def _refusal(error: ApiException) -> MuxError:
    status = error.status or 0
    if status in {401, 403}:
        trouble = Trouble.CREDENTIALS
    elif status == 404:  # noqa: PLR2004
        trouble = Trouble.NOT_FOUND
    elif status == 429:  # noqa: PLR2004
        trouble = Trouble.RATE_LIMITED
    elif 400 <= status < 500:  # noqa: PLR2004
        trouble = Trouble.REFUSED
    elif status >= 500:  # noqa: PLR2004
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
    return str(messages[0]) if isinstance(messages, list) and messages else fallback


def _retry_after_seconds(error: ApiException) -> int | None:
    value = (error.headers or {}).get("Retry-After", "")
    return int(value) if value.isascii() and value.isdecimal() else None
