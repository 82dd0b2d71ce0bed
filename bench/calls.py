"""One call of the portal, as wrk and as Flask's test client send it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that carries its caller's token or cookie in its headers."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def to_bytes(self, url: str) -> bytes:
        """The request as it goes over a keep-alive connection to a server."""
        headers = {"Host": urlsplit(url).netloc, **self.headers}
        if self.body:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body

    def send(self, client: FlaskClient) -> TestResponse:
        """The answer from inside this process; the client must keep no cookies of its own."""
        return client.open(
            self.path,
            method=self.method,
            headers=dict(self.headers),
            data=self.body or None,
            content_type="application/json" if self.body else None,
        )
