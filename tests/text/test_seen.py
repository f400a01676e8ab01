"""What training had seen, by checksums."""

from __future__ import annotations

import json

from spanloom.text.seen import Seen


def test_words_and_names_are_told_apart() -> None:
    seen = Seen.fit(["Rain", "falls"], [("New Bergen", "Place")])
    for known in (seen, Seen(json.loads(json.dumps(seen.to_list())))):
        assert known("Rain")
        assert known("New Bergen", "Place")
        assert not known("rain")
        assert not known("New Bergen")
        assert not known("New Bergen", "Person")
    assert len(seen.to_list()) == 3
