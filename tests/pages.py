"""Pages as a person gets them: every page that a test looks at is checked for what must hold on all of them."""

import re
from dataclasses import dataclass
from typing import Any

import html5lib
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient  # noqa: TC002 - read by the dataclass
from werkzeug.test import TestResponse

from portal.models import User
from tests.factories import PASSWORD

TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
REDIRECTS = {301, 302, 303, 307, 308}


@dataclass
class Page:
    """What came: the answer and, where it is a page, its parsed text."""

    answer: TestResponse
    soup: BeautifulSoup

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def location(self) -> str | None:
        return self.answer.location

    @property
    def heading(self) -> str:
        return words(self.one("h1"))

    @property
    def text(self) -> str:
        return " ".join(self.soup.get_text(" ").split())

    def one(self, selector: str) -> Tag:
        found = self.soup.select(selector)
        assert len(found) == 1, f"{len(found)} elements match {selector}"
        return found[0]

    def all(self, selector: str) -> list[Tag]:
        return list(self.soup.select(selector))

    def links(self) -> list[str]:
        return [str(link["href"]) for link in self.all("a[href]")]

    def error_beside(self, label: str) -> str:
        """What stands next to a field, found the way a screen reader finds it."""
        field = self.field(label)
        assert field["aria-invalid"] == "true"
        described_by = str(field["aria-describedby"]).split()
        return " ".join(words(self.one(f"#{name}")) for name in described_by if name.endswith("-error"))

    def field(self, label: str) -> Tag:
        named = [tag for tag in self.all("label") if words(tag) == label]
        assert len(named) == 1, f"{len(named)} labels say {label}"
        return self.one(f"#{named[0]['for']}")


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


class Reader:
    """A person with a browser that runs no scripts. Forms are sent with the token that their page holds."""

    def __init__(self, app: Flask, user: User | None = None) -> None:
        self.client: FlaskClient = app.test_client()
        if user is not None:
            self._sign_in(user)

    def _sign_in(self, user: User) -> None:
        """Without a look at the page, which has tests of its own: nearly every test begins with this."""
        found = TOKEN.search(self.client.get("/auth/sign-in").get_data(as_text=True))
        assert found
        self.token = found[1]
        fields = {"csrf_token": self.token, "email": user.email, "password": PASSWORD}
        signed_in = self.client.post("/auth/sign-in", data=fields)
        assert signed_in.status_code == 302, signed_in.get_data(as_text=True)

    def get(self, path: str, **options: Any) -> Page:
        page = self._page(self.client.get(path, **options))
        held = page.soup.select("input[name=csrf_token]")
        if held:
            self.token = str(held[0]["value"])
        return page

    def post(self, path: str, **fields: str) -> Page:
        return self._page(self.client.post(path, data={"csrf_token": getattr(self, "token", ""), **fields}))

    def _page(self, answer: TestResponse) -> Page:
        page = Page(answer, BeautifulSoup(answer.get_data(as_text=True), "html5lib"))
        is_fragment = not answer.get_data().lstrip().startswith(b"<!doctype")
        if answer.mimetype == "text/html" and answer.status_code not in REDIRECTS and not is_fragment:
            assert_sound(page)
        return page


def assert_sound(page: Page) -> None:
    """What must hold on every page, of whatever status."""
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(page.answer.get_data(as_text=True))
    assert [error for error in parser.errors if error[1] != "unknown-doctype"] == []
    assert page.one("html")["lang"] == "en"
    assert words(page.one("title")) == f"{page.heading} · Programme Portal"
    assert page.one("meta[name=viewport]")
    ids = [tag["id"] for tag in page.all("[id]")]
    assert sorted(set(ids)) == sorted(ids), "an id stands twice"
    for tag in page.all("input:not([type=hidden]), select, textarea"):
        assert page.all(f"label[for='{tag['id']}']"), f"{tag} has no label"
    for form in page.all("form"):
        assert form.has_attr("action"), form
        assert form.get("method") in {"get", "post"}
        assert form["method"] == "get" or form.select("input[name=csrf_token]")
    for image in page.all("img"):
        assert image.has_attr("alt")
        assert image.has_attr("width")
        assert image.has_attr("height")
    for button in page.all("button, a[href]"):
        assert words(button) or button.get("aria-label"), f"{button} says nothing"
    assert not page.all("[style], style, script:not([src]), [onclick]"), "inline style or script"
    assert "'unsafe-eval'" not in page.answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in page.answer.headers["Content-Security-Policy"]
    assert page.answer.headers["X-Content-Type-Options"] == "nosniff"
