"""The pages about e-mail platforms show settings that are valid and requests as the code makes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.esp.registry import KINDS
from tools.esp_pages import PAGES, destinations, render

FILES = sorted(PAGES.glob("*.md"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_page_shows_the_requests_the_code_makes(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert render(page) == page, "run: python -m tools.esp_pages"


def test_every_kind_of_destination_has_a_request_on_a_page() -> None:
    shown = {destination.kind for path in FILES for destination in destinations(path.read_text(encoding="utf-8"))}
    assert set(KINDS) == shown
