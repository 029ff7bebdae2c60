"""The pages as a browser shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import spillover
from spillover.dates import date_of
from spillover.documents import InputDocument, ReadOptions, read_documents
from spillover.readings import Reading, readings
from spillover.report.reading_page import reading_page
from spillover.report.timeline_page import timeline_page
from spillover.sentences import Sentence
from spillover.timeline import timeline
from spillover_training.corpus import checked_row
from spillover_training.evaluate import evaluate
from spillover_training.evaluation_page import evaluation_page

Show = Callable[..., Page]

EXAMPLES = Path(__file__).parents[2] / "examples"
HOSTILE = (
    "<script>document.title = 'broken'</script> Rockets hit the \"port\" & 'pier', killing three. "
    "</script><!-- Shells hit <b onmouseover=alert(1)>the port</b>, killing two. "
    "\u202eRockets hit \u05d7\u05d9\u05e4\u05d4, killing two people, \U0001f600 officials said."
)
STRIKE = ("military_strike",)
SERIOUS = ("serious", "critical")


def read(*files: str) -> list[Reading]:
    return list(readings(read_documents(files, ReadOptions()), spillover.load()))


@pytest.fixture(scope="session")
def article() -> str:
    return reading_page(read(str(EXAMPLES / "border-clashes.txt")), spillover.load())


@pytest.fixture(scope="session")
def sentences() -> Sequence[Sentence]:
    """Those of the article."""
    return read(str(EXAMPLES / "border-clashes.txt"))[0].sentences


def matching(sentences: Sequence[Sentence], matches: Callable[[Sentence], bool]) -> str:
    return f"{sum(map(matches, sentences))} of {len(sentences)} sentences match"


@pytest.fixture(scope="session")
def hostile() -> str:
    documents = [InputDocument("<i>a</i>.txt", HOSTILE, {"title": "'\"><script>x()</script>"})]
    return reading_page(list(readings(documents, spillover.load())), spillover.load())


@pytest.fixture(scope="session")
def month() -> str:
    return reading_page(read(str(EXAMPLES / "month" / "articles.jsonl")), spillover.load())


@pytest.fixture(scope="session")
def over_time() -> str:
    model = spillover.load()
    found = read(str(EXAMPLES / "month" / "articles.jsonl"))
    return timeline_page(
        timeline(((date_of(each), each) for each in found), model.labels), model.version
    )


@pytest.fixture(scope="session")
def evaluation() -> str:
    model = spillover.load()
    rows = [
        checked_row({"text": HOSTILE, "labels": []}, "x:1"),
        checked_row({"text": "Shells hit the port.", "labels": ["military_strike"]}, "x:2"),
        checked_row({"text": "It happened at dawn.", "labels": ["casualty_report"]}, "x:3"),
    ]
    return evaluation_page(model, rows, evaluate(model, rows))


def test_hover_shows_the_reasons(show: Show, article: str) -> None:
    page = show(article)
    card = page.locator("#card")
    expect(card).to_be_hidden()
    page.get_by_text("Artillery shells landed").last.hover()
    expect(card).to_be_visible()
    expect(card).to_contain_text(re.compile(r"casualty report \d\.\d\d"))
    expect(card).to_contain_text("killing “killing”")
    page.get_by_text("It gave no word").hover()
    expect(card).to_be_hidden()


@pytest.mark.slow
def test_the_reasons_can_be_pointed_at_and_put_away(show: Show, article: str) -> None:
    page = show(article)
    mark, card = page.locator("mark").first, page.locator("#card")
    mark.hover()
    card.hover()
    page.wait_for_timeout(500)
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


@pytest.mark.slow
def test_focus_shows_the_reasons_to_the_keyboard_and_to_screen_readers(
    show: Show, article: str
) -> None:
    page = show(article)
    page.locator("main ul.strongest a").last.focus()
    page.keyboard.press("Tab")
    expect(page.locator("mark").first).to_be_focused()
    expect(page.locator("#card")).to_be_visible()
    expect(page.locator("mark").first).to_have_attribute("aria-describedby", "card")
    assert_in_view(page, "#card")
    for _ in range(page.locator("mark").count() - 1):  # the last is below the fold
        page.keyboard.press("Tab")
    expect(page.locator("mark").last).to_be_focused()
    page.wait_for_timeout(100)
    assert_in_view(page, "#card")
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()


def assert_in_view(page: Page, selector: str) -> None:
    box = page.locator(selector).bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"]


@pytest.mark.slow
def test_filters_by_mouse(show: Show, article: str, sentences: Sequence[Sentence]) -> None:
    page = show(article)
    status = page.locator("#status")
    expect(status).to_have_text(matching(sentences, lambda each: bool(each.labels)))
    page.get_by_role("checkbox", name="military strike").click()
    expect(status).to_have_text(
        matching(sentences, lambda each: bool(set(each.labels) - {*STRIKE}))
    )
    expect(page.locator("mark").first).to_have_class(re.compile(r"\boff\b"))
    page.get_by_role("checkbox", name="no label").click()
    expect(status).to_have_text(matching(sentences, lambda each: each.labels != STRIKE))
    page.get_by_role("checkbox", name="only what matches").click()
    expect(page.get_by_text("Artillery fire crosses the Naro").last).to_be_hidden()
    expect(page.get_by_text("It gave no word")).to_be_visible()


@pytest.mark.slow
def test_filters_by_keyboard(show: Show, article: str, sentences: Sequence[Sentence]) -> None:
    page = show(article)
    status = page.locator("#status")
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="military strike")).to_be_focused()
    page.keyboard.press("Space")
    expect(status).to_have_text(
        matching(sentences, lambda each: bool(set(each.labels) - {*STRIKE}))
    )
    page.keyboard.press("Space")
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(page.get_by_label("Least probability")).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator("#least-shown")).to_have_text("0.99")
    expect(status).to_have_text(
        matching(sentences, lambda each: any(each.scores[label] >= 0.985 for label in each.labels))
    )
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    page.keyboard.type("BARRACKS")
    expect(status).to_have_text("1 of 16 sentences match")
    painted = "Array.from(CSS.highlights.get('found'), (range) => range.toString())"
    assert page.evaluate(painted) == ["barracks"]


@pytest.mark.slow
def test_next_and_previous_go_through_what_matches(show: Show, month: str) -> None:
    page = show(month)
    page.get_by_label("Search").fill("Sarit")
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text(re.compile(r"^1 of \d: .*Sarit"))
    expect(page.locator("#card")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("2 of")
    page.get_by_role("button", name="Previous").click()
    expect(page.locator("#status")).to_contain_text("1 of")


@pytest.mark.slow
def test_hostile_text_shows_as_text(show: Show, hostile: str) -> None:
    page = show(hostile)
    assert page.title() == "Signals in '\"><script>x()</script>"
    body = page.locator(".body").inner_text()
    for part in ("<script>document.title = 'broken'</script>", "<b onmouseover=alert(1)>", "חיפה"):
        assert part in body
    assert page.locator(".body b, .body script, i").count() == 0
    for mark in page.locator("mark").all():
        mark.hover()
        expect(page.locator("#card")).to_be_visible()
    # The words that tell are found behind an emoji, which counts twice in JavaScript.
    telling = page.evaluate(
        "Array.from(CSS.highlights.get('telling'), (range) => range.toString())"
    )
    assert "killing" in telling
    # Text that turns direction stays within its sentence.
    assert page.locator(".body bdi").count() == page.locator(".body .t").count()


@pytest.mark.slow
def test_without_javascript_the_marks_are_there(show: Show, article: str) -> None:
    page = show(article, java_script_enabled=False)
    expect(page.locator("mark").first).to_contain_text("Artillery fire crosses the Naro")
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator("mark .chip").first).to_have_text(re.compile(r"▲military strike \d\.\d\d"))


@pytest.mark.slow
def test_a_strip_leads_to_its_sentence(show: Show, article: str) -> None:
    page = show(article)
    page.locator(".strip rect").last.click()
    focused = page.evaluate("document.activeElement.id")
    assert focused == f"s{page.locator('.strip rect').last.get_attribute('data-s')}"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["article", "month", "over_time", "evaluation", "hostile"])
def test_a_phone_needs_no_scrolling_sideways(
    show: Show, request: pytest.FixtureRequest, name: str
) -> None:
    html = request.getfixturevalue(name).replace("examples/", 10 * "a-long-path-of-a-file/")
    page = show(html, viewport={"width": 360, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["article", "month", "over_time", "evaluation", "hostile"])
def test_axe_finds_no_serious_fault(
    show: Show, axe: str, request: pytest.FixtureRequest, name: str, scheme: str
) -> None:
    # The policy keeps scripts of others out; for this one test it is lifted.
    page = show(request.getfixturevalue(name), color_scheme=scheme, bypass_csp=True)
    if page.locator("mark").count():
        page.locator("mark").first.focus()
    page.add_script_tag(content=axe)
    found: dict[str, Any] = page.evaluate("axe.run()")
    faults = [each for each in found["violations"] if each["impact"] in SERIOUS]
    assert [(each["id"], each["nodes"][0]["html"]) for each in faults] == []


@pytest.mark.slow
def test_the_policy_keeps_other_scripts_out(browser: Browser, article: str, tmp_path: Path) -> None:
    injected = "<script>document.title = 'broken'</script><img src='x.png'></body>"
    (tmp_path / "page.html").write_text(article.replace("</body>", injected), "utf-8")
    refused: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: refused.append(message.text))
    page.goto((tmp_path / "page.html").as_uri())
    assert page.title() != "broken"
    assert len([each for each in refused if "Content Security Policy" in each]) == 2
    page.close()


@pytest.mark.slow
def test_the_timeline_goes_by_keyboard_and_mouse(show: Show, over_time: str) -> None:
    page = show(over_time)
    picked = page.locator("#picked")
    expect(picked).to_contain_text("◉ unusual rise")
    page.locator("#at").fill("13")
    expect(picked).to_contain_text("2031-05-14")
    page.locator("#at").focus()
    page.keyboard.press("ArrowRight")
    expect(picked).to_contain_text("2031-05-15")
    expect(page.locator("#at")).to_have_attribute(
        "aria-valuetext", re.compile(r"2031-05-15, index")
    )
    page.keyboard.press("Home")
    expect(picked).to_contain_text("2031-05-01")
    chart = page.locator(".chart.tall svg")
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 20)
    expect(picked).to_contain_text("2031-05-30")
    page.locator(".pick").first.click()
    expect(picked).to_contain_text("◉ unusual rise")
    page.locator("#at").fill("13")
    page.locator("#range").select_option("10")
    expect(chart).to_have_attribute("viewBox", "8 0 10 100")
    expect(page.locator(".chart.tall .x span").first).to_have_text("2031-05-09")


@pytest.mark.slow
def test_the_timeline_shows_shares_or_numbers_of_chosen_labels(show: Show, over_time: str) -> None:
    page = show(over_time)
    expect(page.locator("[data-as=share]").first).to_be_visible()
    expect(page.locator("[data-as=number]").first).to_be_hidden()
    page.get_by_role("radio", name="number").check()
    expect(page.locator("[data-as=number]").first).to_be_visible()
    page.get_by_role("checkbox", name="military strike").uncheck()
    expect(page.locator(".panel").first).to_be_hidden()
    expect(page.locator(".panel").last).to_be_visible()
    page.get_by_text("All figures as a table").click()
    expect(page.locator("details tbody tr")).to_have_count(30)
