"""A browser, a running portal on each database, and pages that may not complain about anything."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import create_engine, make_url, text

from portal.demo_accounts import PASSWORD
from tests.browser.media import H264, MPEG4, make_video
from tests.browser.stack import Stack
from tests.prepare import BROWSERS

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
)
# Reports what a policy refused in words that the test can read, even where the console stays silent.
REPORT_VIOLATIONS = """
addEventListener('securitypolicyviolation', (event) => console.error(
    'POLICY ' + event.effectiveDirective + ' refused ' + event.blockedURI + ' ' + event.sourceFile));
"""


STEP_MS = 15_000


@dataclass
class Visitor:
    """A person with a browser of their own. Every complaint of their pages is kept."""

    name: str
    page: Page
    stack: Stack
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.page.add_init_script(REPORT_VIOLATIONS)
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in {"error", "warning"} else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def goes_to(self, path: str) -> "Visitor":
        self.page.goto(f"{self.stack.url}{path}")
        return self

    def signs_in(self) -> "Visitor":
        self.goes_to("/auth/sign-in")
        self.page.get_by_label("Email").fill(f"{self.name}@example.com")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name="Sign out").wait_for()
        return self

    def forgives(self, *parts: str) -> None:
        """Complaints that belong to the story: a test that breaks an upload sees its failed request."""
        self.expected += parts

    def unexpected(self) -> list[str]:
        return [words for words in self.complaints if not any(part in words for part in self.expected)]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    executable = next(path for name in BROWSERS if (path := shutil.which(name)))
    return {"executable_path": executable, "args": list(QUIET)}


@pytest.fixture(
    scope="session",
    params=[
        pytest.param("sqlite", marks=pytest.mark.xdist_group("browser-sqlite")),
        pytest.param("postgresql", marks=pytest.mark.xdist_group("browser-postgresql")),
    ],
)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    instance = tmp_path_factory.mktemp(f"portal-{request.param}")
    database_url = f"sqlite:///{instance / 'portal.sqlite3'}"
    if request.param == "postgresql":
        database_url = new_database(request.getfixturevalue("postgresql_server"))
    stack = Stack(instance, database_url)
    try:
        yield stack.start(EMBED_ORIGINS="https://club.example")
    finally:
        stack.stop()


def new_database(server: str) -> str:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE portal_browser"))
    engine.dispose()
    return make_url(server).set(database="portal_browser").render_as_string(hide_password=False)


@pytest.fixture
def visit(stack: Stack, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Let somebody come with a browser; at the end no page of theirs may have complained."""
    visitors: list[Visitor] = []
    contexts: list[BrowserContext] = []

    def come(name: str = "somebody", **context_options: Any) -> Visitor:
        context = browser.new_context(**{"locale": "en-GB", **context_options})
        context.set_default_timeout(STEP_MS)
        contexts.append(context)
        visitors.append(Visitor(name, context.new_page(), stack))
        return visitors[-1]

    yield come
    complaints = [(visitor.name, visitor.unexpected()) for visitor in visitors if visitor.unexpected()]
    for context in contexts:
        context.close()
    stack.http.request("DELETE", f"{stack.mux_url}/_local/faults")
    assert complaints == []


@pytest.fixture
def coach(visit: Callable[..., Visitor]) -> Visitor:
    return visit("coach").signs_in()


@pytest.fixture
def viewer(visit: Callable[..., Visitor]) -> Visitor:
    return visit("viewer").signs_in()


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="session")
def h264_video(media: Path) -> Path:
    """Ready without encoding, and large enough to be sent in several pieces of 256 KiB."""
    return make_video(media / "webinar.mp4", *H264, "-b:v", "3M", "-crf", "10")


@pytest.fixture(scope="session")
def slow_video(media: Path) -> Path:
    """Has to be encoded anew, for long enough that "processing" can be seen."""
    return make_video(media / "webinar.mov", *MPEG4, seconds=25, size="1280x720")


@pytest.fixture(scope="session")
def broken_video(media: Path) -> Path:
    file = media / "broken.mp4"
    file.write_bytes(b"This was never a video. " * 20_000)
    return file
