"""Decides the next number of each of a router's counters: which messages share one, and where it starts."""

from random import Random

from yangbeam.simulator.habits import Habit, Scope, Start

MODULUS = 1 << 32


class Counters:
    """Message ids and sequence numbers of one router, by its habit.

    Args:
        habit: Scopes and starts.
        rng: Where starts are drawn from.
        first_number: Start of every counter instead of the habit's, until the first restart.
    """

    def __init__(self, habit: Habit, rng: Random, first_number: int | None = None) -> None:
        self._habit = habit
        self._rng = rng
        self._first = None if first_number is None else Start(first_number, first_number)
        self._next: dict[tuple[str, str], int] = {}
        self.epoch = 0

    def restart(self) -> None:
        """Forgets all numbers: each counter starts anew when it is next used."""
        self._next.clear()
        self.epoch += 1
        self._first = self._habit.restart_start

    def take(self, *, publisher_id: int, subscription: int, socket: int) -> tuple[int, str, int | None, str]:
        """Returns message id and its key, sequence number and its key; None and empty when the habit sends none."""
        habit = self._habit
        keys = {
            Scope.NODE: "node",
            Scope.PUBLISHER: f"publisher={publisher_id}",
            Scope.SUBSCRIPTION: f"subscription={subscription}",
            Scope.PUBLISHER_SUBSCRIPTION: f"publisher={publisher_id}+subscription={subscription}",
            Scope.SOCKET: f"socket={socket}",
        }
        key = keys[habit.message_id]
        message_id = self._count("message id", key, self._first or habit.message_id_start)
        if habit.sequence is None:
            return message_id, key, None, ""
        sequence_key = keys[habit.sequence]
        if habit.sequence_start is None:
            return message_id, key, message_id, sequence_key
        sequence = self._count("sequence", sequence_key, self._first or habit.sequence_start)
        return message_id, key, sequence, sequence_key

    def _count(self, counter: str, key: str, start: Start) -> int:
        number = self._next.get((counter, key))
        if number is None:
            number = self._rng.randint(start.low, start.high)
        self._next[counter, key] = (number + 1) % MODULUS
        return number
