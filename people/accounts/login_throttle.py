"""How wrong passwords slow down what comes after them: waits that grow, end, and shut nobody out.

After a few wrong tries each further one has to wait for a turn: 2, 4, 8, 16, then 30 seconds. When
the turn is, is said; it is kept for the one who was told. Turns under one key (a login, an address)
are some seconds apart; where so many wait that a turn would be further away than five minutes, they
come closer together. Wrong tries are forgotten after an hour without another.

So bounded, in a day of 86,400 seconds, is what can be tried beside the few that are free:

- for one login: 28,800, one in 3 s; from more than 33 addresses at once 864 from each;
- from one address: 8,640, one in 10 s; for more than 10 logins at once 864 for each;
- from one known device, for its account: 2,880, one in 30 s, which make nobody else wait.

Up to three devices of one address have turns of their own for one login; a fourth shares the latest
of these. Times are seconds of a clock that never steps back (``time.monotonic``). Nothing here is
thread-safe: ``people.accounts.password_login.Door`` is.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

FIRST_S, LONGEST_S, FURTHEST_S = 2.0, 30.0, 300.0
FORGOTTEN_AFTER_S = 3600.0
#: A turn that is not taken in this time is lost.
TURN_KEPT_S = 600.0
#: So many at one address have a turn of their own for one login.
PLACES = 3
MOST_KEYS = 100_000


@dataclass(frozen=True)
class Tries:
    """What is known of one key: wrong tries, the latest when; before ``next_s`` no turn is free."""

    wrong: int = 0
    latest_s: float = 0.0
    next_s: float = 0.0


class WrongTries:
    """Wrong tries by key: the first ``free`` cost no wait, turns are ``apart_s`` seconds apart.

    Past ``most_keys`` the key goes that was silent longest.
    """

    def __init__(self, free: int, apart_s: float = 0.0, *, most_keys: int = MOST_KEYS) -> None:
        self.free, self.apart_s = free, apart_s
        self._most_keys = most_keys
        self._tries: OrderedDict[str, Tries] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tries)

    def delay_s(self, key: str, at_s: float) -> float:
        """Return how long whoever comes now has to wait at least."""
        beyond = self._known(key, at_s).wrong - self.free
        return 0.0 if beyond < 0 else min(LONGEST_S, FIRST_S * 2.0 ** min(beyond, 10))

    def next_s(self, key: str, at_s: float) -> float:
        """Return from when on a turn is free."""
        return self._known(key, at_s).next_s

    def count(self, key: str, at_s: float) -> None:
        """Count one try as wrong."""
        known = self._known(key, at_s)
        self._keep(key, replace(known, wrong=known.wrong + 1, latest_s=at_s))

    def take_back(self, key: str, at_s: float) -> None:
        """Uncount one: it was right."""
        known = self._known(key, at_s)
        if known.wrong:
            self._keep(key, replace(known, wrong=known.wrong - 1))

    def book(self, key: str, ready_s: float, at_s: float) -> None:
        """Note that a turn has been given."""
        known = self._known(key, at_s)
        self._keep(key, replace(known, next_s=max(known.next_s, ready_s + self.apart_s)))

    def _known(self, key: str, at_s: float) -> Tries:
        found = self._tries.get(key)
        if found is None or at_s - found.latest_s >= FORGOTTEN_AFTER_S:
            return Tries()
        return found

    def _keep(self, key: str, tries: Tries) -> None:
        self._tries[key] = tries
        self._tries.move_to_end(key)
        while len(self._tries) > self._most_keys:
            self._tries.popitem(last=False)


class Turns:
    """Lets tries come in turn; each is counted under as many keys as there are ``counters``.

    ``who`` tries tells apart those who come under the same keys.
    """

    def __init__(self, *counters: WrongTries, most: int = MOST_KEYS) -> None:
        self._counters, self._most = counters, most
        #: By keys and who: when the turn is.
        self._ready_s: OrderedDict[tuple[str, ...], dict[str, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._ready_s)

    def take(self, keys: tuple[str, ...], at_s: float, who: str = "") -> float:
        """Count a try as wrong and return 0; or count nothing and return the seconds to wait."""
        who = self._place_of(keys, who, at_s)
        ready_s = self._ready_s.get(keys, {}).get(who)
        if ready_s is None:
            ready_s = self._give(keys, at_s, who)
        if ready_s > at_s:
            return ready_s - at_s
        for counter, key in zip(self._counters, keys, strict=True):
            counter.count(key, at_s)
        self._give(keys, at_s, who)  # the next one, so that one wait is enough
        return 0.0

    def take_back(self, keys: tuple[str, ...], at_s: float, who: str = "") -> None:
        """Uncount a try: it was right, or not looked at; its turn is there again."""
        places = self._ready_s.get(keys, {})
        if who in places:
            places[who] = at_s
        for counter, key in zip(self._counters, keys, strict=True):
            counter.take_back(key, at_s)

    def _place_of(self, keys: tuple[str, ...], who: str, at_s: float) -> str:
        """Forget turns that nobody took; return whose turn this one has where all are given."""
        places = self._ready_s.get(keys, {})
        for one in [one for one, ready_s in places.items() if at_s - ready_s > TURN_KEPT_S]:
            del places[one]
        full = who not in places and len(places) >= PLACES
        return max(places, key=lambda one: places[one]) if full else who

    def _give(self, keys: tuple[str, ...], at_s: float, who: str) -> float:
        """Give the next turn and return when it is; at once where nobody has to wait."""
        slow = [
            (counter, key)
            for counter, key in zip(self._counters, keys, strict=True)
            if counter.delay_s(key, at_s)
        ]
        if not slow:
            self._ready_s.pop(keys, None)
            return at_s
        soonest_s = at_s + max(counter.delay_s(key, at_s) for counter, key in slow)
        free_s = max(counter.next_s(key, at_s) for counter, key in slow)
        ready_s = min(max(soonest_s, free_s), at_s + FURTHEST_S)
        for counter, key in slow:
            counter.book(key, ready_s, at_s)
        self._ready_s.setdefault(keys, {})[who] = ready_s
        self._ready_s.move_to_end(keys)
        while len(self._ready_s) > self._most:
            self._ready_s.popitem(last=False)
        return ready_s
