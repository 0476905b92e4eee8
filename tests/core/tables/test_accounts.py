"""Rows of the account's tables: one for each identity, its newest state."""

from yangbeam.core.elements import LearnedScope, LedgerTotal, LedgerTotals, LossBatch, LossEvent
from yangbeam.core.tables.accounts import LEDGER, LOSS, NONE, SCOPES, columns_of, ledger_rows, loss_rows, scope_rows


def event(identity: str, state: str) -> LossEvent:
    return LossEvent("192.0.2.7", "", None, (6, 7), "transport", "node", 1, 2, 2, 3, 4, state, identity=identity)


def test_of_one_identity_in_a_batch_the_last_state_is_a_row() -> None:
    rows = loss_rows(LossBatch(events=[event("a", "open"), event("b", "open"), event("a", "confirmed")]))
    found = columns_of(LOSS, rows)
    assert dict(zip(found["identity"], found["state"], strict=True)) == {"a": "confirmed", "b": "open"}
    assert found["subscription_ids"] == [[6, 7], [6, 7]]


def test_each_count_of_a_total_is_a_row_of_its_highest_revision() -> None:
    totals = [
        LedgerTotal(0, "e", None, 7, 60, 2, {"received": 9, "decoded": 8}),
        LedgerTotal(0, "e", None, 7, 60, 1, {"received": 5}),
    ]
    found = columns_of(LEDGER, ledger_rows(LedgerTotals(totals=totals)))
    assert dict(zip(found["what"], found["count"], strict=True)) == {"received": 9, "decoded": 8}
    assert set(found["publisher_id"]) == {NONE}


def test_nothing_gives_no_row() -> None:
    assert loss_rows(LossBatch(events=[])) == ledger_rows(LedgerTotals(totals=[])) == []


def test_an_older_revision_does_not_replace_a_newer_one() -> None:
    assert 'WHERE excluded."revision" >= "yangbeam_ledger"."revision"' in LEDGER.upsert("view")
    assert "WHERE" not in LOSS.upsert("view")


def test_of_a_counter_what_was_learned_last_is_a_row() -> None:
    first = LearnedScope("192.0.2.7", "transport", "learning", "node = publisher", 1, 5, [])
    last = LearnedScope("192.0.2.7", "transport", "settled", "publisher", 2, 9, ["node was ruled out"])
    other = LearnedScope("192.0.2.7", "notification", "untrackable", "", 0, 9, [])
    found = columns_of(SCOPES, scope_rows(LossBatch(events=[], learned=[first, other, last])))
    assert dict(zip(found["counter"], found["scope"], strict=True)) == {"transport": "publisher", "notification": ""}
    assert found["why"] == [["node was ruled out"], []]
