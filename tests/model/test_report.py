from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import spillover
from spillover.documents import InputDocument
from spillover.readings import readings
from spillover.report.charts import band, ceiling, dots, line
from spillover.report.notebook import document_html
from spillover.report.palette import DARK, LIGHT, looks
from spillover.report.reading_page import reading_page
from spillover.report.terminal import explanation_lines

HOSTILE = (
    "<script>alert(1)</script> rockets hit the \"port\" & 'pier', killing three. "
    "</script><!-- <b onclick='x()'>Shells hit the port.</b> "
    "\u202eRockets hit Haifa, \u05d7\u05d9\u05e4\u05d4, killing two.\u202c {{ 7 * 7 }}"
)


class Page(HTMLParser):
    """What a browser would make of a page: its elements, and the text of the marked sentences."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_script = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts.append(data)
        else:
            self.text += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def page(*texts: str, **source: Any) -> str:
    model = spillover.load()
    documents = [InputDocument(f"a.jsonl:{n}", text, source) for n, text in enumerate(texts, 1)]
    return reading_page(list(readings(documents, model)), model)


def test_labelled_sentences_are_marked_with_sign_and_probability() -> None:
    found = page("Rockets hit the port, killing three. Bread is dear.")
    assert Page(found).count("mark") == 1
    assert "▲" in found
    assert re.search(r">casualty report</span> \d\.\d\d</span></mark>", found)
    assert "2 sentences, 1 of them labelled" in found


def test_text_is_shown_as_text() -> None:
    shown = Page(page(HOSTILE, title="<img src=x onerror=alert(1)>"))
    for part in ("<script>alert(1)</script>", "</script><!--", "onclick='x()'", "{{ 7 * 7 }}"):
        assert part in shown.text
    assert "<img src=x onerror=alert(1)>" in shown.text
    assert shown.count("img") == shown.count("b") == 0
    assert shown.count("script") == 2  # the data and the page's own
    assert not any("onclick" in attributes for _, attributes in shown.elements)


def test_the_reasons_in_the_page_are_those_of_the_model() -> None:
    text = "Rockets hit the port, killing three."
    found = page(text)
    [data] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', found)
    data = json.loads(data)
    why = data["why"]["0"]["1"]
    explained = spillover.load().explain(text)["casualty_report"]
    shown = {}
    for (name, value, *ends), reason in zip(why["reasons"], explained.reasons, strict=False):
        assert data["names"][name] == reason.name
        assert value == round(100 * reason.contribution)
        words = [text[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True)]
        shown[reason.name] = words
        assert not (words and reason.name.startswith("“"))
    assert shown["killing, then number"] == ["killing three"]  # a class is shown with its words
    total = sum(value for _, value, *_ in why["reasons"]) + why["rest"] + data["intercepts"][1]
    assert total / 100 == pytest.approx(explained.logit, abs=0.1)
    assert "killing" in [text[start:end] for start, end in why["words"]]


def test_sentences_of_another_model_have_no_reasons() -> None:
    scores = dict.fromkeys(spillover.LABELS, 0.9)
    row = {"document": "a", "sentence": 0, "start": 0, "end": 6, "labels": ["military_strike"]}
    document = InputDocument("s.jsonl:1", "Quiet.", {**row, "scores": scores})
    model = spillover.load()
    found = reading_page(list(readings([document], model)), model)
    assert "1 sentences were scored by another model" in found
    assert '"why": {}' in found


def test_a_page_asks_for_nothing() -> None:
    found = page("Rockets hit the port.")
    assert "default-src &#39;none&#39;" in found
    assert "unsafe" not in found
    assert not re.search(r"""(?:src|href)=["'](?!#)|url\(|@import|https?:""", found)
    assert not re.search(r"<[^>]+ style=", found)


def test_the_same_page_at_every_run() -> None:
    assert page("Rockets hit the port.") == page("Rockets hit the port.")


def test_an_empty_report() -> None:
    assert "Signals in 0 documents" in page()
    assert "No sentence carries a label." in page("Bread is dear.")


def test_paragraphs_are_kept() -> None:
    assert page("One.\n\nTwo. Three.\nFour.").count('<p dir="auto">') == 3


def test_the_notebook_shows_the_document_as_text() -> None:
    html = spillover.load().read(HOSTILE)._repr_html_()
    shown = Page(html)
    assert shown.count("script") == shown.count("b") == 0
    assert HOSTILE[:25] in shown.text
    assert "border-bottom:2px solid" in html
    assert spillover.load().read("")._repr_html_() == document_html("", [])


def test_the_terminal_shows_no_control_characters() -> None:
    explained = spillover.load().explain("Rockets \x1b[2Jhit\x07 the port.")
    lines = list(explanation_lines(explained, ["military_strike"]))
    plain = [re.sub(r"\x1b\[[\d;]*m", "", each) for each in lines]
    assert all(each.isprintable() for each in plain)
    assert "weapon “Rockets”" in "\n".join(plain)
    total = float(re.findall(r"([-+][\d.]+)  the sum", "\n".join(plain))[0])
    terms = [float(each.split()[0]) for each in plain[2:-1]]
    assert sum(terms) == pytest.approx(total, abs=0.06)


def test_labels_of_ones_own_have_looks() -> None:
    found = looks([f"label_{number}" for number in range(8)])
    assert len({look.sign for look in found.values()}) == 8
    assert len({(look.css, look.sign) for look in found.values()}) == 8
    assert found["label_3"].title == "label 3"


# How eyes that lack a kind of cone see linear RGB: Machado, Oliveira and Fernandes 2009, "A
# physiologically-based model for simulation of color vision deficiency", table 1, severity 1.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
LUMINANCE = np.array([0.2126729, 0.7151522, 0.0721750])


def linear(colour: str) -> np.ndarray[Any, Any]:
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], LUMINANCE, [0.0193339, 0.1191920, 0.9503041]]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_colours_stay_apart_to_colour_blind_eyes(colours: Sequence[str], sight: str) -> None:
    seen = [lab(SIGHT[sight] @ linear(colour)) for colour in colours]
    # 2.3 is a just noticeable difference; ten of them are seen at a glance.
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 20


@pytest.mark.parametrize(("colours", "page"), [(LIGHT, "#ffffff"), (DARK, "#181a1e")])
def test_signs_stand_out_from_the_page(colours: Sequence[str], page: str) -> None:
    for colour in colours:
        dark, light = sorted([LUMINANCE @ linear(colour), LUMINANCE @ linear(page)])
        assert (light + 0.05) / (dark + 0.05) >= 3  # WCAG 2.2, 1.4.11


def test_paths_break_where_a_value_is_missing() -> None:
    nan = math.nan
    xs = [0.0, 1, 2, 3, 4]
    assert line(xs, [0, 10, nan, 5, nan], 10) == "M0 100L1 0M3 50"
    assert dots(xs, [0, nan, nan, 5, nan], 10) == "M0 100h0M3 50h0"
    lows, highs = [0, 5, nan, 5, nan], [10, 10, nan, 10, nan]
    assert band(xs, lows, highs, 10) == (
        "M0 0L1 0L1 50L0 100Z"  # two neighbours: an area
        "M2.88 0L3.12 0L3.12 50L2.88 50Z"  # one alone: a bar
    )


@pytest.mark.parametrize(
    ("values", "expected"), [([0.3, math.nan], 0.3), ([7], 8), ([101], 120), ([0], 1), ([], 1)]
)
def test_ceiling(values: list[float], expected: float) -> None:
    assert ceiling(values) == pytest.approx(expected)
