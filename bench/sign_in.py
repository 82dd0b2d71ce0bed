"""Signing in as people and programs do, over HTTP: what comes of it goes into the headers of calls."""

import json
import re
from http import HTTPStatus
from urllib.parse import urlencode

import urllib3

from bench.people import PASSWORD

FORM_TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')


class NotSignedInError(Exception):
    """The portal did not let us in."""


def bearer(url: str, email: str) -> dict[str, str]:
    """The header of API calls, good for 15 minutes."""
    answer = urllib3.request("POST", f"{url}/auth/token", json={"email": email, "password": PASSWORD})
    if answer.status != HTTPStatus.OK:
        raise NotSignedInError(f"no token for {email}: {answer.status} {answer.data[:200]!r}")
    return {"Authorization": f"Bearer {json.loads(answer.data)['accessToken']}"}


def session(url: str, email: str) -> dict[str, str]:
    """The header of a browser's requests: the session's cookie."""
    form = urllib3.request("GET", f"{url}/auth/sign-in")
    token = FORM_TOKEN.search(form.data)
    if token is None:
        raise NotSignedInError("the form to sign in has no csrf_token")
    fields = {"email": email, "password": PASSWORD, "csrf_token": token[1].decode()}
    headers = {"Cookie": _cookie(form), "Content-Type": "application/x-www-form-urlencoded"}
    answer = urllib3.request("POST", f"{url}/auth/sign-in", body=urlencode(fields), headers=headers, redirect=False)
    if answer.status != HTTPStatus.FOUND:
        raise NotSignedInError(f"no session for {email}: {answer.status}")
    first_page = urllib3.request("GET", url, headers={"Cookie": _cookie(answer)})  # gives the session its form token
    return {"Cookie": _cookie(first_page)}


def _cookie(answer: urllib3.BaseHTTPResponse) -> str:
    return answer.headers["Set-Cookie"].partition(";")[0]
