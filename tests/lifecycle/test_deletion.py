"""Deleting a programme, bringing it back, and what is left to do at Mux once it is gone."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.lifecycle.deletion import delete_programme, remove_programme, restore_programme
from portal.lifecycle.moves import StateConflictError
from portal.lifecycle.publication import set_published
from portal.lifecycle.reports import apply_report
from portal.models import DiscardKind, History, Notice, Product, Programme, Status, Upload
from portal.mux.facts import Fact
from tests.lifecycle.conftest import LATER, Programmes

AWAITING, PROCESSING, READY, ERRORED = Status


def test_a_deleted_programme_is_not_published_and_loses_nothing(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(READY)

    delete_programme(programme, programmes.owner, at=LATER)

    assert (programme.deleted_at, programme.is_published) == (LATER, False)
    assert (programme.status, programme.mux_asset_id) == (READY, attempt.asset_id)
    assert programmes.discarded() == set()


@pytest.mark.parametrize("was_published", [True, False])
def test_brought_back_it_is_as_it_was(programmes: Programmes, was_published: bool) -> None:  # noqa: FBT001
    programme, _ = programmes.in_state(READY)
    first_published_at = programme.published_at
    set_published(programme, wanted=was_published, by=programmes.owner, at=LATER)
    delete_programme(programme, programmes.owner, at=LATER)

    restore_programme(programme, programmes.owner, at=LATER)

    assert (programme.deleted_at, programme.is_published) == (None, was_published)
    assert programme.published_at == first_published_at


def test_an_upload_that_waits_ends_with_its_programme(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(AWAITING)

    delete_programme(programme, programmes.owner, at=LATER)

    assert programmes.discarded(DiscardKind.UPLOAD) == {attempt.mux_upload_id}
    restore_programme(programme, programmes.owner, at=LATER)
    assert (programme.status, programme.error_type) == (ERRORED, "cancelled")


def test_a_video_that_gets_ready_meanwhile_is_published_only_when_brought_back(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(PROCESSING)
    delete_programme(programme, programmes.owner, at=LATER)

    apply_report(programme, attempt, programmes.report(Fact.ASSET_READY, attempt), at=LATER)
    assert (programme.status, programme.is_published) == (READY, False)

    restore_programme(programme, programmes.owner, at=LATER)
    assert programme.is_published


def test_nobody_is_told_about_a_deleted_programme(programmes: Programmes) -> None:
    programme, attempt = programmes.in_state(PROCESSING)
    delete_programme(programme, programmes.owner, at=LATER)

    apply_report(programme, attempt, programmes.report(Fact.ASSET_READY, attempt), at=LATER)

    assert programmes.told(programme) == []


def test_what_is_deleted_can_not_be_deleted_again_nor_the_rest_be_brought_back(programmes: Programmes) -> None:
    programme, _ = programmes.in_state(READY)
    with pytest.raises(StateConflictError):
        restore_programme(programme, programmes.owner, at=LATER)

    delete_programme(programme, programmes.owner, at=LATER)
    with pytest.raises(StateConflictError):
        delete_programme(programme, programmes.owner, at=LATER)


def test_removed_for_good_everything_that_mux_has_of_it_is_to_go(programmes: Programmes) -> None:
    programme, old, _ = programmes.replacing()
    product_id = programme.product_id
    delete_programme(programme, programmes.owner, at=LATER)

    remove_programme(programme, at=LATER)

    assert programmes.discarded() == {old.asset_id}
    assert programmes.discarded(DiscardKind.UPLOAD) == {"u-2"}
    for table in (Programme, Upload, History, Notice):
        assert db.session.scalars(select(table)).all() == []
    assert db.session.get_one(Product, product_id).gone_at == LATER


def test_the_database_refuses_a_deleted_programme_that_is_published(programmes: Programmes) -> None:
    programme, _ = programmes.in_state(READY)
    programme.deleted_at = LATER

    with pytest.raises(Exception, match="deleted_is_not_published"):
        db.session.flush()
