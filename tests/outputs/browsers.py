"""The browser of the tests that open a page: Chromium, offline, as small as a cheap phone."""

import os
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
AXE = os.environ.get("PKH_AXE", "")
"""Where axe.min.js lies. Who names it wants these tests to run: then nothing is skipped."""

needs_browser = pytest.mark.skipif(
    not AXE and not CHROMIUM.is_file(), reason=f"no browser at {CHROMIUM}: install chromium to run this test"
)
needs_axe = pytest.mark.skipif(
    not AXE, reason="axe-core is not there: npm install axe-core, and name its axe.min.js in PKH_AXE"
)


def small_phone(browser, **options):
    return browser.new_context(viewport={"width": 360, "height": 640}, offline=True, **options)
