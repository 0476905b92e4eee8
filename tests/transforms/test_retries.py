"""Stateful stages when every bundle is run twice from the same encoded state: nothing is counted or reported twice."""

from typing import Any

import pytest

from tests.transforms import test_bind_subscriptions, test_detect_loss, test_keep_ledger
from tests.transforms.schemas_by_name import SchemasByName
from tests.transforms.staging import Attempts
from yangbeam.core.binding import Binder
from yangbeam.core.loss.facts import facts_of
from yangbeam.core.loss.line import WINDOW_US
from yangbeam.core.loss.overrides import learn_all
from yangbeam.core.stages.bind import Bind
from yangbeam.core.stages.detect import Detect
from yangbeam.core.stages.keep import Keep
from yangbeam.transforms import shard_state
from yangbeam.transforms.bind_subscriptions import _Bind
from yangbeam.transforms.detect_loss import _Detect
from yangbeam.transforms.keep_ledger import _Sum

STAGES = {
    "bind": (lambda: _Bind(Bind(Binder(SchemasByName()))), test_bind_subscriptions.batches),
    "loss": (
        lambda: _Detect(Detect(WINDOW_US, learn_all)),
        lambda: [facts_of(batch) for batch in test_detect_loss.batches(test_detect_loss.LOSSY, 1)],
    ),
    "totals": (lambda: _Sum(Keep()), lambda: test_keep_ledger.DELTAS),
}


def outputs(stage: str, *, twice: bool) -> list[Any]:
    dofn, batches = STAGES[stage]
    attempts = Attempts(dofn(), twice=twice)
    given = [made for batch in batches() for made in attempts.process(batch)]
    return [getattr(made, "value", made) for made in given]


@pytest.mark.parametrize("stage", STAGES)
def test_a_retried_bundle_gives_what_the_first_attempt_would_have_given(stage: str) -> None:
    once = outputs(stage, twice=False)
    assert len(once) > 2 * shard_state.FOLD
    assert outputs(stage, twice=True) == once


@pytest.mark.parametrize("stage", STAGES)
def test_a_process_that_keeps_nothing_gives_the_same_from_encoded_state_alone(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = outputs(stage, twice=False)
    monkeypatch.setattr(shard_state._KEPT, "put", lambda *_: None)
    assert outputs(stage, twice=False) == once
