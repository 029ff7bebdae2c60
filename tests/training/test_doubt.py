from __future__ import annotations

from dataclasses import replace

from spillover_training.corpus import Row
from spillover_training.doubt import doubtful


def test_a_wrong_label_is_doubted_first(rows: list[Row]) -> None:
    labels = ("military_strike", "casualty_report", "diplomatic_meeting", "spillover_risk")
    carried = next(row for row in rows if set(row.labels) == {"military_strike", "casualty_report"})
    wrong = replace(carried, labels=("diplomatic_meeting",))
    spoilt = [wrong if row is carried else row for row in rows]
    found = doubtful(spoilt, dict.fromkeys(labels, ""), jobs=1, progress=lambda *_: None)
    assert len(found) == len(rows)
    place = next(number for number, each in enumerate(found) if each.row is wrong)
    assert place < len(rows) // 50
    assert found[0].quality <= found[-1].quality
    assert found[place].to_json()["labels"] == ["diplomatic_meeting"]
    assert wrong.where in found[place].to_line()
