"""Forty uploads while everything breaks: nothing is lost, nothing is stuck, nothing happens twice.

The longer run: `make chaos`, or `make chaos CHAOS_UPLOADS=200 CHAOS_SEED=7`.
"""

import os
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.browser.media import H264, make_video
from tests.chaos.coach import Coach
from tests.chaos.mux_truth import MuxTruth, let_time_run_out, pending_deliveries
from tests.chaos.office import Office
from tests.chaos.site import NAMES, Site
from tests.chaos.stories import Files, Story, make_stories
from tests.chaos.trouble import BadWeather, Killer
from tests.chaos.truth import Portal, Truth
from tests.databases import new_postgresql_database

UPLOADS = int(os.environ.get("CHAOS_UPLOADS") or 40)
SEED = int(os.environ.get("CHAOS_SEED") or 20260302)
CALM_WITHIN_SECONDS = 120.0
UPLOADS_OF_A_ROUND = 40
KILLS_OF_A_ROUND = 3  # of each
AT_ONCE = 16  # stories
STEP_AHEAD = timedelta(hours=2)  # longer than any pause between two tries
STEPS_AHEAD = 8  # less than a day: nobody is reminded of anything yet
SHOWN_PROMISES = 10


@pytest.mark.media
def test_nothing_is_lost_and_nothing_stuck(site: Site, office: Office, files: Files) -> None:
    chance = chance_of(SEED)
    coaches = (Coach(site, "coach@example.com"), Coach(site, "coach2@example.com"))
    stories = make_stories(UPLOADS, coaches, chance)
    weather = BadWeather(site, chance_of(chance.random()))
    killer = Killer(
        site,
        chance_of(chance.random()),
        rounds=max(1, UPLOADS // UPLOADS_OF_A_ROUND),
        progress=lambda: sum(story.is_over for story in stories) / len(stories),
        after_kill=office.wait_for_nobody_dead,
    )

    began = time.monotonic()
    weather.start()
    killer.start()
    with office.impatient(), ThreadPoolExecutor(AT_ONCE) as pool:
        failures = [failure for failure in pool.map(lambda story: played(story, files), stories) if failure]
        killer.end()
        weather.end()
    site.orders_faults({})
    say(f"seed {SEED}: {UPLOADS} uploads in {time.monotonic() - began:.0f} s, kills {dict(killer.kills)}")

    assert failures == []
    assert [fault for coach in coaches for fault in coach.faults] == []
    assert min(killer.kills[name] for name in NAMES) >= KILLS_OF_A_ROUND
    truth = calmed(site, office, stories, coaches)
    say(f"calm after {time.monotonic() - began:.0f} s, {truth.mux.forged} webhooks were forged")
    broken = truth.broken_promises()
    assert not broken, "\n\n".join([f"seed {SEED}", *map(truth.about, broken[:SHOWN_PROMISES])])
    assert truth.mux.forged > 0
    assert truth.portal.events


def chance_of(seed: float) -> random.Random:
    return random.Random(seed)  # noqa: S311 - to be the same every time is what is wanted


def say(words: str) -> None:
    """Shown with a test that failed, and by `make chaos` in any case."""
    sys.stdout.write(f"{words}\n")


def played(story: Story, files: Files) -> str | None:
    """What went wrong, if anything."""
    try:
        story.play(files)
    except Exception as failure:  # noqa: BLE001 - each is shown, and the others go on
        return f"{story.title} {story.product_id}: {type(failure).__name__}: {failure}"
    finally:
        story.is_over = True
    return None


def calmed(site: Site, office: Office, stories: list[Story], coaches: tuple[Coach, ...]) -> Truth:
    """Wait until Mux has nothing left to do or to tell, then settle what is open, as the worker does in some hours."""
    let_time_run_out(site, [story.runs_out_of_time for story in stories if story.runs_out_of_time])
    deadline = time.monotonic() + CALM_WITHIN_SECONDS
    for _step in range(STEPS_AHEAD):
        while MuxTruth.ask(site).is_at_work or pending_deliveries(site):
            if time.monotonic() > deadline:
                break
            time.sleep(0.2)
        office.ahead += STEP_AHEAD
        office.settle()
        truth = Truth(Portal.look(office), MuxTruth.ask(site), stories, coaches)
        if not truth.broken_promises() and not pending_deliveries(site):
            break
    return truth


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.xdist_group("chaos-sqlite")),
        pytest.param("postgresql", marks=pytest.mark.xdist_group("chaos-postgresql")),
    ]
)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    database_url = f"sqlite:///{tmp_path / 'portal.sqlite3'}"
    if request.param == "postgresql":
        database_url = new_postgresql_database(request.getfixturevalue("postgresql_server"), "portal_chaos")
    site = Site(tmp_path, database_url)
    try:
        yield site.start()
    finally:
        site.stop()
        say(site.logs())  # shown where the test has failed


@pytest.fixture
def office(site: Site) -> Iterator[Office]:
    office = Office(site)
    yield office
    office.close()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    videos = [make_video(tmp_path / f"{seconds}.mp4", *H264, seconds=seconds, size="160x90") for seconds in (1, 2)]
    return Files(videos[0].read_bytes(), videos[1].read_bytes(), b"This was never a video. " * 200)
