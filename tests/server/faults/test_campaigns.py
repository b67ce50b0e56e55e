"""SIGKILLs at random moments: whatever was accepted is there afterwards, true and whole, and nothing else is."""

from __future__ import annotations

import pytest

from campaigns import campaign


@pytest.mark.timeout(400)
def test_nothing_that_was_accepted_is_lost_and_nothing_is_left_behind(tmp_path):
    assert not campaign(tmp_path, seed=1, moves=12, both=False).found
