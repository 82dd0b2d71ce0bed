"""Every page in a real browser, on a dark phone and on a light screen: accessible, quiet, nothing cut off."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import Visitor
from tests.browser.stack import ROOT, Stack, eventually

pytestmark = pytest.mark.browser

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
# Mux Player labels its own buttons with other words than it shows; that is theirs to mend.
AXE_OPTIONS = {"rules": {"label-content-name-mismatch": {"enabled": False}}}


# The pages are the same on both databases, so each is looked at in one of the two ways.
LOOKS: dict[str, dict[str, Any]] = {
    "sqlite": {"viewport": ViewportSize(width=390, height=844), "color_scheme": "dark"},
    "postgresql": {"viewport": ViewportSize(width=1280, height=800), "color_scheme": "light"},
}


def test_every_page_is_accessible_and_quiet(
    visit: Callable[..., Visitor], addresses: dict[str, list[str]], stack: Stack
) -> None:
    look = LOOKS[stack.database]
    for person, places in addresses.items():
        visitor = visit(person, **look)
        visitor.forgives("status of 404")  # the page that is not there is looked at, too
        if person != "somebody":
            visitor.signs_in()
        for place in places:
            visitor.goes_to(place)
            eventually(lambda page=visitor.page: page.evaluate("document.readyState") == "complete")  # type: ignore[misc]
            assert violations(visitor.page) == [], place
            assert overflow_pixels(visitor.page) <= 0, place


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = cast(
        "list[dict[str, Any]]", page.evaluate("(options) => axe.run(options).then((r) => r.violations)", AXE_OPTIONS)
    )
    return [f"{rule['id']}: {[node['html'][:120] for node in rule['nodes']]}" for rule in found]


def overflow_pixels(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.fixture(scope="session")
def addresses(stack: Stack, h264_video: Path, broken_video: Path) -> dict[str, list[str]]:
    """Every kind of page, by who looks at it."""
    ready = stack.programme_with(
        h264_video,
        title="On every page",
        description="One line.\n\nAnother.",
        tags=["calm", "a longer tag"],
        isFeatured=True,
    )["productId"]
    premium = stack.programme_with(h264_video, title="Behind the lock " * 8, isPremium=True)["productId"]
    replaced = stack.programme_with(h264_video, title="Soon with another video")["productId"]
    stack.api("coach@example.com", "POST", f"/programme/{replaced}/upload-url")
    deleted = stack.api("coach@example.com", "POST", "/programme/create-upload-url", {"title": "Deleted " * 20})
    stack.api("coach@example.com", "DELETE", f"/programme/{deleted['productId']}")
    waiting = stack.api("coach@example.com", "POST", "/programme/create-upload-url", {"title": "🌱" * 60})["productId"]
    failed = stack.api("coach@example.com", "POST", "/programme/create-upload-url", {"title": "Not a video"})
    stack.http.request("PUT", failed["uploadUrl"], body=broken_video.read_bytes())
    failed_at = f"/programme/{failed['productId']}"
    eventually(lambda: stack.api("coach@example.com", "GET", failed_at)["status"] == "errored")
    return {
        "somebody": [
            *("/auth/sign-in", "/auth/register", "/auth/forgotten-password"),
            *("/auth/reset-password/old", "/auth/confirm/old", "/auth/invitation/old"),
            *(f"/embed/{product_id}" for product_id in (ready, premium, waiting)),  # played, locked, not there
        ],
        "viewer": ["/", "/?tag=calm", "/?tag=nothing", f"/watch/{ready}", f"/watch/{premium}", "/nowhere"],
        "coach": [
            *("/coach/", "/coach/programmes/new", f"/watch/{waiting}", f"/watch/{failed['productId']}"),
            *(f"/coach/programmes/{product_id}" for product_id in (waiting, failed["productId"], ready)),
            *(f"/coach/programmes/{product_id}" for product_id in (replaced, f"{ready}/history", f"{ready}/deletion")),
            "/coach/deleted",
        ],
        "coach2": ["/coach/", "/notices"],
        "admin": [
            *("/account", "/admin/people/1", "/admin/people/1/membership", "/admin/memberships"),
            *("/account/email", "/account/deletion", "/admin/invitations"),
            *("/admin/", "/admin/programmes", "/admin/people", "/admin/webhooks", "/admin/webhooks/1"),
            *("/admin/programmes?q=nothing", "/admin/webhooks?outcome=applied", "/admin/doctor", "/admin/orphans"),
            *("/admin/mails", "/notices"),
        ],
    }
