"""Those who make trouble, each a thread with a number of their own to choose by: the killer, and bad weather at Mux."""

import random
import threading
from collections import Counter
from collections.abc import Callable

from tests.chaos.site import NAMES, Site

HESITATES_SECONDS = (0.0, 1.0)
DOWN_SECONDS = (0.0, 1.0)
LOOKS_EVERY_SECONDS = 0.05
LAST_STRIKE_AT = 0.9  # of the stories
WEBHOOKS_GO_WRONG = {"drop": 0.3, "duplicate": 1, "delaySeconds": [0.0, 0.5], "shuffle": True, "forge": True}
API_FAILS_WITH = (500, 503, 429)
API_FAIL_RATE = 0.2
API_LATENCY_SECONDS = (0.05, 0.3)
WEATHER_CHANGES_AFTER_SECONDS = 3.0


class Trouble(threading.Thread):
    """Goes on until it is told to end; what went wrong with it itself is raised then."""

    def __init__(self, site: Site, chance: random.Random) -> None:
        super().__init__(name=type(self).__name__, daemon=True)
        self.site, self.chance = site, chance
        self.ending = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            self.make()
        except BaseException as failure:  # noqa: BLE001 - it is the test's to see
            self.failure = failure

    def make(self) -> None:
        raise NotImplementedError

    def end(self) -> None:
        self.ending.set()
        self.join()
        if self.failure is not None:
            raise self.failure


class Killer(Trouble):
    """Kills web, worker and local Mux one after the other, all at once, and one after the other again.

    It strikes as the work gets on, so that a slow machine sees the same as a fast one.
    """

    def __init__(
        self,
        site: Site,
        chance: random.Random,
        *,
        rounds: int,
        progress: Callable[[], float],
        after_kill: Callable[[tuple[str, ...]], None],
    ) -> None:
        super().__init__(site, chance)
        self.kills: Counter[str] = Counter()
        self._rounds = rounds
        self._progress, self._after_kill = progress, after_kill

    def make(self) -> None:
        strikes = [victims for _ in range(self._rounds) for victims in self._round()]
        for number, victims in enumerate(strikes):
            while self._progress() < LAST_STRIKE_AT * number / len(strikes) and not self.ending.is_set():
                self.ending.wait(LOOKS_EVERY_SECONDS)
            self.ending.wait(self.chance.uniform(*HESITATES_SECONDS))
            self._strike(victims)

    def _round(self) -> list[tuple[str, ...]]:
        first, second = ([(name,) for name in self.chance.sample(NAMES, len(NAMES))] for _ in range(2))
        return [*first, NAMES, *second]

    def _strike(self, victims: tuple[str, ...]) -> None:
        for name in victims:
            self.site.kill(name)
            self.kills[name] += 1
        self._after_kill(victims)
        self.ending.wait(self.chance.uniform(*DOWN_SECONDS))
        for name in victims:
            self.site.launch(name)
        for name in victims:
            self.site.wait_for(name)


class BadWeather(Trouble):
    """Mux loses, repeats, delays and mixes up webhooks, somebody forges them, and its API is slow and fails."""

    def make(self) -> None:
        while not self.ending.is_set():
            self.site.orders_faults(
                {
                    "webhooks": WEBHOOKS_GO_WRONG,
                    "api": {
                        "failRate": API_FAIL_RATE,
                        "status": self.chance.choice(API_FAILS_WITH),
                        "latencySeconds": self.chance.uniform(*API_LATENCY_SECONDS),
                    },
                }
            )
            self.ending.wait(WEATHER_CHANGES_AFTER_SECONDS)
