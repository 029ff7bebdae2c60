from __future__ import annotations

import datetime
from typing import Any

import pytest

import spillover
from spillover.dates import date_of
from spillover.errors import InputError
from spillover.readings import Reading

DAY = datetime.date(2023, 11, 8)


def reading(name: str = "a.txt", text: str = "Quiet.", **source: Any) -> Reading:
    sentences = tuple(spillover.load().read(text))
    return Reading(name, source, sentences, ("",) * len(sentences))


@pytest.mark.parametrize(
    "found",
    [
        reading(date="2023-11-08"),
        reading(published="2023-11-08T23:30:00+02:00"),  # the day as it is written there
        reading(published_at="2023-11-08 05:00:00Z"),
        reading(pubdate="Wed, 08 Nov 2023 10:00:00 GMT"),
        reading(date="", timestamp=datetime.datetime(2023, 11, 8, 12)),
        reading(date=DAY),
        reading(text=" date 2023-11-08 In a recent development, they met."),
        reading(text="Date: 2023-11-08\nThey met."),
        reading(name="news/2023-11-08.txt"),
        reading(name="news/agency_20231108_late.jsonl:17"),
    ],
)
def test_where_a_date_is_found(found: Reading) -> None:
    assert date_of(found) == DAY


def test_a_column_that_is_named_goes_first() -> None:
    found = reading(name="2020-01-01.txt", date="2021-01-01", seen="2023-11-08")
    assert date_of(found, "seen") == DAY


@pytest.mark.parametrize(
    ("found", "column", "message"),
    [
        (reading(), None, "a.txt: no date; name its column with --date-column"),
        (reading(name="a-1234567890.txt"), None, "no date"),
        (reading(date="8th"), None, "a.txt: 'date' must be a date such as 2023-11-08, got '8th'"),
        (reading(date=1699400000), None, "'date' must be a date .* got 1699400000"),
        (reading(name="2023-13-08.txt"), None, "no date|must be a date .* got '2023-13-08'"),
        (reading(day="x"), "seen", r"a.txt: no column 'seen' for the date \(there are day\)"),
        (reading(seen=None), "seen", "'seen' must be a date .* got None"),
    ],
)
def test_no_date_is_an_error(found: Reading, column: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        date_of(found, column)
