"""Nobody finds out who has an account: not by what is answered, how much work it takes, or when it is too much."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from argon2 import PasswordHasher
from flask import Flask

from portal.models import Role
from portal.nudge import WorkName
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.pages import Page, Reader
from tests.people.conftest import change
from tests.queries import queries_of

UNKNOWN = "nobody@example.com"
FRESH = "seven quiet herons"


@dataclass(frozen=True)
class Flow:
    """Something that anybody can ask for an address, and how often before they are told to wait."""

    path: str
    fields: dict[str, str]
    tries: int

    def send(self, reader: Reader, address: str) -> Page:
        return reader.post(self.path, **(self.fields | {"email": address}))


FLOWS = {
    "sign in": Flow("/auth/sign-in", {"password": "not the password"}, 10),
    "register": Flow("/auth/register", {"name": "Nora New", "password": FRESH}, 5),
    "forgotten password": Flow("/auth/forgotten-password", {}, 5),
    "change of address": Flow("/account/email", {"password": PASSWORD}, 5),
}
STANDINGS: dict[str, dict[str, object]] = {
    "active": {},
    "an administrator": {"role": Role.ADMIN},
    "deactivated": {"is_enabled": False},
    "without a password": {"password_hash": ""},
    "of the demo": {"is_demo": True},
}
EACH_FLOW = pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS.keys())


@pytest.fixture
def asker(app: Flask, cast: Cast) -> Callable[[Flow], Reader]:
    """Whoever asks: signed in where one has to be, or else a stranger."""

    def make(flow: Flow) -> Reader:
        reader = Reader(app, cast.owner if flow.path.startswith("/account") else None)
        reader.get(flow.path)
        return reader

    return make


@EACH_FLOW
@pytest.mark.parametrize("standing", STANDINGS.values(), ids=STANDINGS.keys())
def test_known_and_unknown_addresses_get_the_same_answer(
    app: Flask, cast: Cast, asker: Callable[[Flow], Reader], *, flow: Flow, standing: dict[str, object]
) -> None:
    change(app, cast.viewer, **standing)

    known, unknown = flow.send(asker(flow), cast.viewer.email), flow.send(asker(flow), UNKNOWN)

    assert known.status == unknown.status
    assert visible(known, cast.viewer.email) == visible(unknown, UNKNOWN)
    assert set(known.answer.headers.keys()) == set(unknown.answer.headers.keys())


@EACH_FLOW
@pytest.mark.parametrize("standing", STANDINGS.values(), ids=STANDINGS.keys())
def test_known_and_unknown_addresses_take_the_same_work(
    app: Flask,
    cast: Cast,
    asker: Callable[[Flow], Reader],
    nudged: list[WorkName],
    monkeypatch: pytest.MonkeyPatch,
    *,
    flow: Flow,
    standing: dict[str, object],
) -> None:
    """What takes longest: hashing a password, writing to the database for good, reaching the queue."""
    change(app, cast.viewer, **standing)
    hashed: list[str] = []
    for name in ("hash", "verify"):
        monkeypatch.setattr(PasswordHasher, name, counted(getattr(PasswordHasher, name), hashed))
    work = {}

    for address in (cast.viewer.email, UNKNOWN):
        reader = asker(flow)
        hashed.clear()
        nudged.clear()
        with queries_of(app) as sent:
            flow.send(reader, address)
        writes = {each.split()[0] for each in sent} & {"INSERT", "UPDATE", "DELETE"}
        work[address] = (len(hashed), bool(writes), list(nudged))

    assert work[cast.viewer.email] == work[UNKNOWN]
    assert work[UNKNOWN][0] > 0 or flow.path == "/auth/forgotten-password"


@EACH_FLOW
def test_known_and_unknown_addresses_are_told_to_wait_after_as_many_tries(
    cast: Cast, asker: Callable[[Flow], Reader], *, flow: Flow
) -> None:
    for address in (cast.viewer.email, UNKNOWN):
        reader = asker(flow)
        statuses = [flow.send(reader, address).status for _ in range(flow.tries)]
        refused = flow.send(reader, address.upper())

        assert 429 not in statuses
        assert refused.status == 429
        assert 0 < int(refused.answer.headers["Retry-After"]) <= 3600
        assert refused.all(".field-error")


@EACH_FLOW
def test_others_are_not_shut_out_by_it(app: Flask, cast: Cast, asker: Callable[[Flow], Reader], *, flow: Flow) -> None:
    reader = asker(flow)
    for _ in range(flow.tries + 1):
        flow.send(reader, cast.viewer.email)

    assert flow.send(reader, cast.member.email).status != 429


@pytest.mark.parametrize("flow", [FLOWS["register"], FLOWS["forgotten password"]], ids=["register", "forgotten"])
def test_from_one_network_address_there_is_an_end_to_it_whatever_accounts_are_named(
    asker: Callable[[Flow], Reader], *, flow: Flow
) -> None:
    reader = asker(flow)
    statuses = [flow.send(reader, f"nobody-{number}@example.com").status for number in range(61)]

    assert (statuses[:60].count(429), statuses[60]) == (0, 429)


@pytest.mark.parametrize("flow", [FLOWS["register"], FLOWS["forgotten password"]], ids=["register", "forgotten"])
def test_nobody_is_flooded_with_mails_from_many_network_addresses(
    app: Flask, cast: Cast, asker: Callable[[Flow], Reader], *, flow: Flow
) -> None:
    reader, statuses = asker(flow), []
    for number in range(11):
        reader.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        statuses.append(flow.send(reader, cast.viewer.email).status)

    assert statuses == [200] * 10 + [429]


@pytest.mark.parametrize("place", ["confirm", "reset-password", "invitation"])
def test_links_can_t_be_tried_for_ever(app: Flask, place: str) -> None:
    reader = Reader(app)
    reader.get("/auth/sign-in")
    statuses = [reader.post(f"/auth/{place}/guess-{number}").status for number in range(61)]

    assert (set(statuses[:60]), statuses[60]) == ({404}, 429)


def visible(page: Page, address: str) -> str:
    """The page without what it was asked for and the tokens of its forms."""
    text = page.answer.get_data(as_text=True)
    for field in page.all("input[name=csrf_token]"):
        text = text.replace(str(field["value"]), "token")
    return text.replace(address, "address")


def counted(original: Callable[..., object], calls: list[str]) -> Callable[..., object]:
    def call(*arguments: object, **options: object) -> object:
        calls.append(original.__name__)
        return original(*arguments, **options)

    return call
