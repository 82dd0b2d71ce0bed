"""A coach's program that uses the API: it believes only answers that it has seen, and repeats until it sees one."""

import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import urllib3

from portal.demo_accounts import PASSWORD
from tests.chaos.site import Site

PATIENCE_SECONDS = 180.0
PAUSE_SECONDS = 0.4
REQUEST_SECONDS = 30.0
OURS_TO_EXPLAIN = {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    was_repeated: bool
    """Whether an earlier try may have had its effect without an answer."""


class OutOfPatienceError(AssertionError):
    """The site has not given a usable answer for as long as a person would wait."""


@dataclass
class Coach:
    """One account, used by many threads at once."""

    site: Site
    email: str
    patience_seconds: float = PATIENCE_SECONDS
    faults: list[str] = field(default_factory=list)  # answers that no killed process explains
    told: dict[str, str] = field(default_factory=dict)  # by Idempotency-Key, Mux's id of the upload it was answered

    def __post_init__(self) -> None:
        self._http = urllib3.PoolManager(maxsize=32, retries=False, timeout=REQUEST_SECONDS)
        self._signing_in = threading.Lock()
        self._token: str | None = None

    def creates(self, title: str, key: str) -> dict[str, Any]:
        made = self.asks("POST", "/programme/create-upload-url", {"title": title}, key=key, expects={201}).body
        self.told[key] = made["uploadId"]
        return made

    def begins_anew(self, product_id: str, key: str) -> str:
        """A fresh address for a programme that exists: for another try, or for a video that replaces the one it has."""
        made = self.asks("POST", f"/programme/{product_id}/upload-url", key=key, expects={201}).body
        self.told[key] = made["uploadId"]
        return str(made["uploadUrl"])

    def asks(self, method: str, path: str, body: Any = None, *, key: str | None = None, expects: set[int]) -> Answer:
        """Call until there is an answer that settles the matter; it must be one of those expected."""
        is_repeat = False
        deadline = time.monotonic() + self.patience_seconds
        while time.monotonic() < deadline:
            response = self._try(method, path, body, key)
            if response is not None and not _is_for_later(response):
                answer = Answer(response.status, response.json() if response.data else {}, is_repeat)
                assert response.status in expects, (method, path, answer)
                return answer
            if response is not None and response.status in OURS_TO_EXPLAIN:
                self.faults.append(f"{method} {path}: {response.status} {response.data[:500]!r}")
            is_repeat = True
            time.sleep(PAUSE_SECONDS)
        raise OutOfPatienceError(f"{method} {path}: no answer in {self.patience_seconds:g} s")

    def sends(self, address: str, file: bytes) -> int:
        """PUT the whole file, again and again until the address takes it or says that it is closed; its last word."""
        deadline = time.monotonic() + self.patience_seconds
        while time.monotonic() < deadline:
            try:
                status = self._http.request("PUT", address, body=file).status
            except urllib3.exceptions.HTTPError:
                status = HTTPStatus.SERVICE_UNAVAILABLE
            if status < HTTPStatus.INTERNAL_SERVER_ERROR:
                return status
            time.sleep(PAUSE_SECONDS)
        raise OutOfPatienceError(f"PUT {address}: not taken in {self.patience_seconds:g} s")

    def cancels_at_mux(self, upload_id: str) -> None:
        """What somebody does in Mux's dashboard: the portal hears of it from Mux alone."""
        path = f"{self.site.mux_url}/video/v1/uploads/{upload_id}/cancel"
        names = ("MUX_TOKEN_ID", "MUX_TOKEN_SECRET")
        headers = urllib3.make_headers(basic_auth=":".join(self.site.environment[name] for name in names))
        deadline = time.monotonic() + self.patience_seconds
        while time.monotonic() < deadline:
            try:
                if self._http.request("PUT", path, headers=headers).status in {HTTPStatus.OK, HTTPStatus.FORBIDDEN}:
                    return  # 403: an earlier try, whose answer was lost, has done it
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(PAUSE_SECONDS)
        raise OutOfPatienceError(f"upload {upload_id} can't be cancelled at Mux")

    def waits_until(self, product_id: str, status: str) -> None:
        deadline = time.monotonic() + self.patience_seconds
        while (seen := self.asks("GET", f"/programme/{product_id}", expects={200}).body["status"]) != status:
            if time.monotonic() > deadline:
                raise OutOfPatienceError(f"{product_id} is still {seen}, and not {status}")
            time.sleep(PAUSE_SECONDS)

    def _try(self, method: str, path: str, body: Any, key: str | None) -> urllib3.BaseHTTPResponse | None:
        """One request; None if the connection broke, or the token has to be fetched first."""
        try:
            headers = {"Authorization": f"Bearer {self._bearer()}", **({"Idempotency-Key": key} if key else {})}
            response = self._http.request(method, f"{self.site.url}{path}", json=body, headers=headers)
        except urllib3.exceptions.HTTPError:
            return None
        if response.status == HTTPStatus.UNAUTHORIZED:
            self._token = None
            return None
        return response

    def _bearer(self) -> str:
        with self._signing_in:
            if self._token is None:
                credentials = {"email": self.email, "password": PASSWORD}
                answer = self._http.request("POST", f"{self.site.url}/auth/token", json=credentials)
                if answer.status != HTTPStatus.OK:
                    raise urllib3.exceptions.HTTPError(f"no token: {answer.status}")
                self._token = answer.json()["accessToken"]
            return str(self._token)


def _is_for_later(response: urllib3.BaseHTTPResponse) -> bool:
    is_at_work = response.status == HTTPStatus.CONFLICT and "Retry-After" in response.headers
    return is_at_work or response.status == HTTPStatus.TOO_MANY_REQUESTS or response.status >= 500
