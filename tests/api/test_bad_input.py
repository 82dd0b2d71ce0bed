"""Bodies as nobody should send them: each gets its answer, and the database stays as it was."""

import io
import json
from typing import Any

import pytest

from portal.models import Status
from tests.callers import Api, Shelf, fields_of, problem_of
from tests.mux_double import MuxDouble

CREATE, CHANGE = "/programme/create-upload-url", "/programme/metadata"
WITH_A_BODY = (("POST", CREATE), ("PATCH", CHANGE), ("POST", "/auth/token"))
UNKNOWN = "0b7c8f0e-1111-4222-8333-444455556666"
KIB = 1024


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("", "Give the programme a title."),
        ("   ", "Give the programme a title."),
        ("\u00a0\u2003\n", "Give the programme a title."),
        ("x" * 256, "Use 255 characters at the most; this title has 256."),
        ("🫁" * 256, "Use 255 characters at the most; this title has 256."),
        ("a\u0000b", "Remove the characters that can’t be shown."),
        ("a\u001b[31mb", "Remove the characters that can’t be shown."),
        ("a\u007fb", "Remove the characters that can’t be shown."),
        ("a\u0085b\u009fc", "Remove the characters that can’t be shown."),
        (None, "This is a text."),
        (5, "This is a text."),
        (True, "This is a text."),
        (["Breathing"], "This is a text."),
        ({"en": "Breathing"}, "This is a text."),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_title_that_is_none(api: Api, shelf: Shelf, mux: MuxDouble, title: Any, message: str) -> None:
    product_id = shelf.add(Status.PROCESSING, title="Old")

    for response in (api.post(CREATE, {"title": title}), api.patch(CHANGE, {"productId": product_id, "title": title})):
        assert problem_of(response, 422)["errors"] == [{"field": "title", "message": message}]

    assert (shelf.count(), shelf.row(product_id).title, mux.requests) == (1, "Old", [])


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("x", "x"),
        ("x" * 255, "x" * 255),
        (" " * 300 + "x" * 255 + " " * 300, "x" * 255),
        ("🫁" * 255, "🫁" * 255),
        ("<script>alert('1')</script>", "<script>alert('1')</script>"),
        ("“Ünï” – 日本語 👩‍🏫", "“Ünï” – 日本語 👩‍🏫"),
        ("Robert'); DROP TABLE programme;--", "Robert'); DROP TABLE programme;--"),
        ("{{ config }} {% x %} ${x}", "{{ config }} {% x %} ${x}"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_title_that_is_one_is_kept_and_told_to_mux(
    api: Api, shelf: Shelf, mux: MuxDouble, title: str, kept: str
) -> None:
    response = api.post(CREATE, {"title": title})

    assert response.status_code == 201
    assert shelf.row(response.get_json()["productId"]).title == kept
    assert mux.requests[0].title == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tags", "calm"),
        ("tags", None),
        ("tags", {"calm": True}),
        ("tags", [5]),
        ("tags", [None]),
        ("tags", [["calm"]]),
        ("tags", [f"tag {number}" for number in range(21)]),
        ("tags", ["x" * 51]),
        ("tags", ["a\u0000"]),
        ("description", None),
        ("description", 5),
        ("description", "d" * 10_001),
        ("description", "a\u0000b"),
        ("isPremium", "true"),
        ("isFeatured", 1),
        ("isPublished", None),
        ("is_premium", True),
        ("status", "ready"),
        ("muxPlaybackId", "stolen"),
        ("coach", {"id": 1}),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_each_field_of_a_change_that_breaks_a_rule(api: Api, shelf: Shelf, field: str, value: Any) -> None:
    product_id = shelf.add(Status.PROCESSING, tags=["old"], description="Old.")

    response = api.patch(CHANGE, {"productId": product_id, field: value})

    (told,) = fields_of(response)
    assert told.partition(".")[0] == field  # an entry of a list is told with its place: tags.0
    row = shelf.row(product_id)
    assert (row.tags, row.description, row.is_premium, row.is_featured) == (["old"], "Old.", False, False)


def test_as_much_as_the_limits_allow_is_taken(api: Api, shelf: Shelf) -> None:
    tags = [f"{number:02}" + "x" * 48 for number in range(20)]
    body = {"productId": shelf.add(), "description": "d" * 10_000, "tags": [*tags, *tags, " "]}

    changed = api.patch(CHANGE, body).get_json()

    assert (len(changed["description"]), changed["tags"]) == (10_000, tags)


def test_a_product_id_that_is_none(api: Api) -> None:
    for product_id in (None, 5, "", "1", "not-a-uuid", UNKNOWN[:-1], UNKNOWN + "\u0000", [UNKNOWN]):
        assert fields_of(api.patch(CHANGE, {"productId": product_id, "title": "New"})) == ["productId"], product_id


def test_a_product_id_that_is_unknown_or_left_out(api: Api) -> None:
    problem_of(api.patch(CHANGE, {"productId": UNKNOWN, "title": "New"}), 404)
    assert fields_of(api.patch(CHANGE, {"title": "New"})) == ["productId"]


def test_an_unknown_field_is_refused_by_its_name(api: Api, shelf: Shelf) -> None:
    response = api.post(CREATE, {"title": "New", "owner_id": 1, "isPublished": True})

    assert sorted(fields_of(response)) == ["isPublished", "owner_id"]
    assert {error["message"] for error in response.get_json()["errors"]} == {"This field is not known here."}
    assert shelf.is_empty()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"hello",
        b"{",
        b"{'title': 'New'}",
        b'{"title": "New"',
        b'{"title": "New"} {"title": "Newer"}',
        b'{"title": NaN}',
        b'{"title": Infinity}',
        b'{"title": "\\ud800"}',  # half of a surrogate pair stands for no character
        b'{"title": "\\udc00\\ud800"}',
        b'{"title": "a\x00b"}',
        b'{"title": "a\nb"}',
        '{"title": "Schön"}'.encode("latin-1"),
        b"\xef\xbb\xbf{}",
        '{"title": "New"}'.encode("utf-16"),
        b"[" * 60_000,
        b'{"a":' * 10_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_not_json(api: Api, shelf: Shelf, body: bytes) -> None:
    for method, path in WITH_A_BODY:
        response = api.send(method, path, data=body, content_type="application/json")
        assert problem_of(response, 400)["detail"] == "The body is not JSON."
    assert shelf.is_empty()


def test_json_that_is_no_object(api: Api) -> None:
    for body in ("[]", '["title"]', '"title"', "null", "5", "true", "[" * 100 + "]" * 100):
        for method, path in WITH_A_BODY:
            response = api.send(method, path, data=body, content_type="application/json")
            assert problem_of(response, 422)["errors"] == [{"field": "body", "message": "The body is a JSON object."}]


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "nonsense",
    ],
)
def test_a_body_that_does_not_say_it_is_json(api: Api, shelf: Shelf, content_type: str | None) -> None:
    for method, path in WITH_A_BODY:
        problem_of(api.send(method, path, data=b'{"title": "New"}', content_type=content_type), 415)
    assert shelf.is_empty()


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_may_name_its_encoding(api: Api, content_type: str) -> None:
    assert api.post(CREATE, data=b'{"title": "New"}', content_type=content_type).status_code == 201


@pytest.mark.parametrize("says_its_length", [True, False])
def test_a_body_of_65_kib_is_too_large_however_it_is_sent(api: Api, shelf: Shelf, *, says_its_length: bool) -> None:
    for method, path in WITH_A_BODY:
        for size in (65 * KIB, 64 * KIB + 1):
            problem_of(send_padded(api, method, path, size, says_its_length=says_its_length), 413)
    assert shelf.is_empty()


@pytest.mark.parametrize("says_its_length", [True, False])
def test_a_body_of_64_kib_is_read(api: Api, *, says_its_length: bool) -> None:
    assert send_padded(api, "POST", CREATE, 64 * KIB, says_its_length=says_its_length).status_code == 201


def test_the_first_thing_that_is_wrong_is_told(api: Api) -> None:
    """Token, role, size, content type, JSON, rules: an earlier one hides the later ones."""
    huge = b"x" * (65 * KIB)

    assert api.post(CREATE, by=None, data=huge).status_code == 401
    assert api.post(CREATE, by="viewer", data=huge).status_code == 403
    assert api.post(CREATE, data=huge, content_type="text/plain").status_code == 413
    assert api.post(CREATE, data=b"{", content_type="text/plain").status_code == 415
    assert api.post(CREATE, data=b"{", content_type="application/json").status_code == 400


def send_padded(api: Api, method: str, path: str, size: int, *, says_its_length: bool) -> Any:
    """A good body, brought to a size by blanks; without a length it is what a server makes of a chunked one."""
    body = json.dumps({"title": "New"}).encode().ljust(size)
    if says_its_length:
        return api.send(method, path, data=body, content_type="application/json")
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    return api.send(
        method, path, input_stream=io.BytesIO(body), content_type="application/json", environ_overrides=environ
    )
