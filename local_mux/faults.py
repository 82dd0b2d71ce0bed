"""Misbehaviour on purpose: what is asked for, kept across a restart."""

import random
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from sqlalchemy.orm import Session

from local_mux.errors import InvalidParametersError
from local_mux.models.setting import Setting
from local_mux.validation import messages

_NAME = "faults"
_random = random.SystemRandom()
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]


class _Faults(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, validate_by_name=True)


class WebhookFaults(_Faults):
    drop: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Probability that an attempt vanishes: never arrives, never tried again."""
    duplicate: Annotated[int, Field(ge=0, le=20)] = 0
    """Extra copies of every event."""
    delay_seconds: Annotated[list[Seconds], Field(min_length=2, max_length=2)] = Field(default=[0.0, 0.0])
    """Shortest and longest time between event and first attempt."""
    shuffle: bool = False
    forge: bool = False
    """Send, besides the true ones, webhooks with a wrong signature that say the opposite."""

    @model_validator(mode="after")
    def _delay_grows(self) -> "WebhookFaults":
        if self.delay_seconds[0] > self.delay_seconds[1]:
            raise ValueError("delaySeconds must be [shortest, longest]")
        return self


class ApiFaults(_Faults):
    latency_seconds: Seconds = 0.0
    fail_next: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """How many of the coming API calls are refused with `status`."""
    fail_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Probability that an API call is refused with `status`."""
    status: Annotated[int, Field(ge=400, le=599)] = 500


class Faults(_Faults):
    webhooks: WebhookFaults = WebhookFaults()
    api: ApiFaults = ApiFaults()

    @property
    def are_on(self) -> bool:
        return self != Faults()


def happens(rate: float) -> bool:
    """Whether something with this probability happens now."""
    return _random.random() < rate


def parse_faults(body: bytes) -> Faults:
    """Read a fault order.

    :raises InvalidParametersError: with one message per bad field, each naming it.
    """
    try:
        return Faults.model_validate_json(body)
    except ValidationError as error:
        raise InvalidParametersError(*messages(error)) from error


def current_faults(session: Session) -> Faults:
    """Return the faults in force; all zero when none are."""
    setting = session.get(Setting, _NAME)
    return Faults.model_validate(setting.value) if setting else Faults()


def set_faults(session: Session, faults: Faults) -> None:
    """Put faults in force from now on."""
    session.merge(Setting(name=_NAME, value=faults.model_dump(by_alias=True)))


def take_api_failure(session: Session) -> int | None:
    """Use up one of the failures ordered and return its status, or None when there are none left."""
    faults = current_faults(session)
    if not faults.api.fail_next:
        return None
    faults.api.fail_next -= 1
    set_faults(session, faults)
    return faults.api.status
