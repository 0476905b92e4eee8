"""The subscriptions of one batch, each once with each of its terms: what its notifications point to."""

from yangbeam.core.elements import Subscription
from yangbeam.core.epochs import Binding
from yangbeam.core.subscription_state import Entry, Key


class SubscriptionTable:
    """Grows by what is asked of it."""

    def __init__(self) -> None:
        self.rows: list[Subscription] = []
        self._at: dict[tuple[Key, str], int] = {}

    def index(self, key: Key | None, entry: Entry | None, binding: Binding | None) -> int:
        """Returns the row of a subscription; -1 where nothing is known of it."""
        if key is None or entry is None or binding is None:
            return -1
        at = self._at.get((key, entry.state))
        if at is None or self.rows[at].terms is not binding.terms:
            at = self._at[key, entry.state] = len(self.rows)
            self.rows.append(Subscription(entry.node, entry.publisher_id, key[1], entry.state, binding.terms))
        return at
