"""Make the screenshots of the README from the pages beside this file: `make pages`."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]

with sync_playwright() as playwright:
    chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    page = chromium.new_page(viewport={"width": 1060, "height": 920})
    page.goto((HERE / "border-clashes.html").as_uri())
    page.locator("mark").nth(1).hover()
    page.screenshot(path=HERE / "report.png")
    page.goto((HERE / "month-timeline.html").as_uri())
    page.screenshot(path=HERE / "timeline.png")
    chromium.close()
