"""The page of one programme: its words, its video, its links for uploading."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.models import Programme, Status, Upload
from portal.mux.facts import DirectUpload, Fact, Report
from portal.mux.gateway import MuxError, Trouble
from tests.coach.conftest import Kept, Make
from tests.conftest import Cast
from tests.mux_double import MuxDouble
from tests.pages import Reader
from tests.queries import queries_of

Attempts = Callable[[], list[Upload]]
STRANGERS = ("other_coach", "viewer", "member")


def address(programme: Programme, rest: str = "") -> str:
    return f"/coach/programmes/{programme.product_id}{rest}"


@pytest.mark.parametrize("status", list(Status))
def test_the_page_shows_its_state_in_one_element(owner: Reader, make: Make, status: Status) -> None:
    programme = make(title="One of four", status=status)

    page = owner.get(address(programme))

    assert page.heading == "One of four"
    assert page.one("[data-status]")["data-status"] == status.value
    assert len(page.all("mux-uploader")) == (1 if status is Status.AWAITING_UPLOAD else 0)
    assert len(page.all("mux-player")) == (1 if status is Status.READY else 0)


def test_what_the_coach_writes_is_kept(owner: Reader, make: Make, kept: Kept) -> None:
    programme = make(title="Before", is_featured=True)
    owner.get(address(programme))

    saved = owner.post(
        address(programme), title="After", description="Line\r\nby line", tags="Calm, calm ,  BREATH ", is_premium="y"
    )

    assert (saved.status, saved.location) == (303, address(programme))
    now = kept()
    assert (now.title, now.description, now.tags) == ("After", "Line\nby line", ["calm", "breath"])
    assert (now.is_premium, now.is_featured) == (True, False)
    page = owner.get(address(programme))
    assert page.field("Tags")["value"] == "calm, breath"
    assert page.field("Premium").has_attr("checked")
    assert not page.field("Featured").has_attr("checked")
    assert "Saved." in page.text


def test_every_broken_field_is_told_at_once_and_nothing_is_changed(owner: Reader, make: Make, kept: Kept) -> None:
    programme = make(title="Before", tags=["kept"])
    owner.get(address(programme))

    page = owner.post(address(programme), title="", description="x" * 10_001, tags=",".join(f"t{n}" for n in range(21)))

    assert page.status == 422
    assert page.error_beside("Title") == "Give the programme a title."
    assert page.error_beside("Description") == "Use 10,000 characters at the most; this description has 10,001."
    assert page.error_beside("Tags") == "Use 20 tags at the most; these are 21."
    assert str(page.field("Tags")["value"]).startswith("t0,t1")
    assert (kept().title, kept().tags) == ("Before", ["kept"])


def test_strangers_find_nothing_whatever_they_try(app: Flask, cast: Cast, make: Make, kept: Kept) -> None:
    programme = make(title="Mine", status=Status.ERRORED)
    for person in STRANGERS:
        stranger = Reader(app, cast[person])
        stranger.get("/")
        assert stranger.get(address(programme)).status == 404
        assert stranger.get(address(programme, "/status")).status == 404
        assert stranger.post(address(programme), title="Theirs").status == 404
        for action in ("/upload-url", "/attempts", "/publication"):
            assert stranger.post(address(programme, action)).status == 404
    assert (kept().title, kept().status) == ("Mine", Status.ERRORED)


def test_an_admin_may_do_what_its_coach_may(app: Flask, cast: Cast, make: Make, kept: Kept) -> None:
    programme = make(title="Before")
    admin = Reader(app, cast.admin)
    admin.get(address(programme))

    assert admin.post(address(programme), title="After").status == 303
    assert kept().title == "After"


@pytest.mark.parametrize(
    "place", ["/coach/programmes/not-a-uuid", "/coach/programmes/" + "0" * 8 + "-0000" * 3 + "-" + "0" * 12]
)
def test_an_unknown_programme_is_not_found(owner: Reader, place: str) -> None:
    assert owner.get(place).status == 404


def test_the_page_asks_for_news_with_two_queries_of_its_own(app: Flask, owner: Reader, make: Make) -> None:
    programme = make(status=Status.PROCESSING)

    with queries_of(app) as sent:
        answer = owner.get(address(programme, "/status?known=processing"))

    assert (answer.status, answer.text) == (204, "")
    assert len(sent) == 3, sent  # the account of the session, the programme, and its attempt


def test_news_come_as_the_part_of_the_page_that_changed(owner: Reader, make: Make) -> None:
    programme = make(status=Status.READY)

    part = owner.get(address(programme, "/status?known=processing"))

    assert part.one("[data-status]")["data-status"] == "ready"
    assert part.all("mux-player")
    assert not part.all("h1")


def test_a_failure_is_explained_with_mux_s_own_reason_beside_it(owner: Reader, make: Make) -> None:
    page = owner.get(address(make(status=Status.ERRORED)))

    assert "The input file was not a valid video or audio file." in page.text
    assert [button.get_text(strip=True) for button in page.all("main button")].count("Try again") == 1


def test_trying_again_keeps_the_words_and_gets_a_fresh_link(
    owner: Reader, make: Make, kept: Kept, mux: MuxDouble
) -> None:
    programme = make(title="Again", status=Status.ERRORED)
    owner.get(address(programme))

    answer = owner.post(address(programme, "/attempts"))

    assert answer.location == address(programme)
    assert (kept().title, kept().status, kept().error_message) == ("Again", Status.AWAITING_UPLOAD, None)
    assert len(mux.requests) == 1


@pytest.mark.parametrize("status", [Status.AWAITING_UPLOAD, Status.PROCESSING, Status.READY])
def test_only_what_failed_can_be_tried_again(owner: Reader, make: Make, status: Status) -> None:
    programme = make(status=status)
    owner.get(address(programme))

    assert owner.post(address(programme, "/attempts")).status == 409


def test_the_link_made_with_the_programme_is_handed_out_once_and_then_fresh_ones(
    owner: Reader, kept: Kept, mux: MuxDouble, attempts: Attempts
) -> None:
    owner.get("/coach/programmes/new")
    place = owner.post("/coach/programmes/new", title="Links").location

    first, second = (owner.post(f"{place}/upload-url").answer.get_json()["url"] for _ in range(2))

    assert (first, second) == ("https://mux.test/upload-1", "https://mux.test/upload-2")
    assert [attempt.is_current for attempt in attempts()] == [False, True]
    assert kept().status is Status.AWAITING_UPLOAD


def test_a_video_that_has_arrived_unnoticed_is_not_sent_twice(
    owner: Reader, make: Make, kept: Kept, mux: MuxDouble, attempts: Attempts
) -> None:
    programme = make(status=Status.AWAITING_UPLOAD)
    upload_id = str(attempts()[0].mux_upload_id)
    mux.uploads[upload_id] = DirectUpload(id=upload_id, status="asset_created", asset_id="arrived")
    mux.assets["arrived"] = Report(fact=Fact.ASSET_CREATED, asset_id="arrived", upload_id=upload_id)
    owner.get(address(programme))
    assert owner.post(address(programme, "/upload-url")).status == 200  # the link that was never handed out

    answer = owner.post(address(programme, "/upload-url"))

    assert answer.status == 409
    assert kept().status is Status.PROCESSING
    assert mux.requests == []


@pytest.mark.parametrize("status", [Status.PROCESSING, Status.READY])
def test_there_is_no_link_where_there_is_a_video(owner: Reader, make: Make, status: Status) -> None:
    programme = make(status=status)
    owner.get(address(programme))

    assert owner.post(address(programme, "/upload-url")).status == 409


@pytest.mark.parametrize(
    ("trouble", "status"), [(Trouble.REFUSED, 502), (Trouble.CREDENTIALS, 502), (Trouble.OUT_OF_REACH, 503)]
)
def test_the_uploader_is_told_in_json_what_mux_said(
    owner: Reader, make: Make, mux: MuxDouble, trouble: Trouble, status: int
) -> None:
    programme = make(status=Status.ERRORED)
    mux.failure = MuxError(trouble, "Free plan is limited to 10 assets")
    owner.get(address(programme))

    answer = owner.client.post(
        address(programme, "/upload-url"), headers={"X-CSRFToken": owner.token, "Accept": "application/json"}
    )

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert "Free plan is limited to 10 assets" in answer.get_json()["detail"]


def test_publishing_and_withdrawing(owner: Reader, make: Make, kept: Kept) -> None:
    programme = make()
    owner.get(address(programme))

    owner.post(address(programme, "/publication"), wanted="no")
    assert not kept().is_published
    owner.post(address(programme, "/publication"), wanted="yes")
    assert kept().is_published


@pytest.mark.parametrize("status", [Status.AWAITING_UPLOAD, Status.PROCESSING, Status.ERRORED])
def test_before_there_is_a_video_one_chooses_what_happens_when_it_is_ready(
    owner: Reader, make: Make, kept: Kept, status: Status
) -> None:
    programme = make(status=status)
    owner.get(address(programme))

    for wanted, button in (("no", "Publish when ready"), ("yes", "Don’t publish automatically")):
        owner.post(address(programme, "/publication"), wanted=wanted)
        assert (kept().is_published, kept().publish_when_ready) == (False, wanted == "yes")
        assert button in owner.get(address(programme)).text


def test_the_history_says_what_happened(owner: Reader) -> None:
    owner.get("/coach/programmes/new")
    place = owner.post("/coach/programmes/new", title="Eventful").location
    owner.post(f"{place}/upload-url")
    owner.post(f"{place}/upload-url")

    page = owner.get(str(place))

    assert "The programme was created." in page.text
    assert "A fresh upload link was made." in page.text
    assert "Olive Owner" in page.text
