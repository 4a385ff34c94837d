"""The page in Chromium: no fault for axe-core, no request, and a table to search, sort and open by keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe-core" / "axe.min.js"
DESKTOP, PHONE = (1280, 900), (390, 844)

Open = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any, pages: dict[str, Path]) -> Iterator[Open]:
    """Open the sample's report; whatever it requests or complains of is a failure."""
    faults: list[str] = []
    contexts = []

    def opened(language: str = "en", size: tuple[int, int] = DESKTOP, scheme: str = "light", **more: Any) -> Any:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce", **more
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: None if r.url.startswith("file:") else faults.append(f"request {r.url}"))
        page.on("pageerror", lambda e: faults.append(f"error {e}"))
        page.on("console", lambda m: faults.append(f"console {m.text}") if m.type in {"error", "warning"} else None)
        page.goto(pages[language].as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def violations(page: Any) -> list[str]:
    """Return what axe-core finds, a line a rule."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [f"{v['id']}: {v['help']} ({v['nodes'][0]['html'][:120]})" for v in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["fr", "en", "es", "pt"])
def test_axe_core_finds_no_fault(open_page: Open, language: str, size: tuple[int, int], scheme: str) -> None:
    page = open_page(language, size, scheme)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_core_finds_no_fault_with_everything_open(open_page: Open) -> None:
    page = open_page()
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    page.evaluate("[...document.querySelectorAll('.people tbody th a')].slice(0, 9).forEach((a) => a.click())")
    assert violations(page) == []


def test_axe_core_finds_no_fault_without_script(open_page: Open, browser: Any) -> None:
    page = open_page(java_script_enabled=False)
    assert page.locator("form.tools").is_hidden()
    assert page.locator(".people tbody tr:visible").count() > 60
    assert page.locator(".people thead th:visible").count() == 17
    page.click("text=Aminata Sarr >> nth=0")
    assert page.locator(".stories").is_visible()


def shown(page: Any) -> list[str]:
    """Return the names of the rows that are shown."""
    return [n.strip() for n in page.locator(".people tbody th:visible").all_inner_texts()]


def test_search_finds_without_accents_and_in_hidden_columns(open_page: Open) -> None:
    page = open_page()
    page.fill("input[type=search]", "hanggi bund")
    assert shown(page) == ["Urs Hänggi"]
    assert page.locator("[role=status]").inner_text() == "1 of 64 shown"
    page.fill("input[type=search]", "portuguese")
    assert len(shown(page)) == 6
    page.click("button[type=reset]")
    expect(page.locator("[role=status]")).to_have_text("64 of 64 shown")


def test_a_figure_at_the_top_leads_to_those_whom_it_counts(open_page: Open) -> None:
    page = open_page()
    for tile in page.locator(".figures a[data-filter]").all():
        number = int(tile.locator("b").inner_text())
        tile.click()
        assert len(shown(page)) == number, tile.inner_text()


def test_a_column_sorts_both_ways_and_what_is_unknown_comes_last(open_page: Open) -> None:
    page = open_page()
    page.click(".people thead button:text-is('Title')")
    heads = page.locator(".people thead th:visible")
    column = [h.strip() for h in heads.all_inner_texts()].index("Title") + 1
    up = [t.strip() for t in page.locator(f".people tbody td:nth-child({column})").all_inner_texts()]
    assert heads.nth(column - 1).get_attribute("aria-sort") == "ascending"
    page.click(".people thead button:text-is('Title')")
    down = [t.strip() for t in page.locator(f".people tbody td:nth-child({column})").all_inner_texts()]
    assert up[0] == "Abogada"
    assert up[-1] == down[-1] == ""
    assert [t for t in up if t] == sorted((t for t in up if t), key=up.index)
    assert down[0].startswith("Vogal")


def test_columns_can_be_chosen_and_escape_closes_the_list(open_page: Open) -> None:
    page = open_page()
    assert page.locator(".people thead th:visible", has_text="Confidence").count() == 0
    page.click(".choose summary")
    page.check(".choose label:has-text('Confidence') input")
    assert page.locator(".people thead th:visible", has_text="Confidence").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".choose fieldset").is_hidden()


def test_a_row_opens_by_keyboard_to_the_words_and_closes_again(open_page: Open) -> None:
    page = open_page()
    link = page.locator(".people tbody th a", has_text="Véronique Dessimoz")
    link.focus()
    page.keyboard.press("Enter")
    assert link.get_attribute("aria-expanded") == "true"
    story = page.locator(".detail .story")
    assert "je participerai en ligne" in story.locator("mark").all_inner_texts()[6]
    page.keyboard.press("Enter")
    assert link.get_attribute("aria-expanded") == "false"
    assert story.count() == 0


def test_a_name_at_the_top_leads_to_the_open_row_even_when_a_filter_hid_it(open_page: Open) -> None:
    page = open_page(size=PHONE)
    page.fill("input[type=search]", "nobody of that name")
    page.click(".plain a:has-text('Tendai Chikomo')")
    assert page.locator(".detail .story").is_visible()
    assert "user unknown" in page.locator(".detail .story").inner_text()


def test_copying_takes_what_is_shown_and_makes_formulas_harmless(open_page: Open) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("document.querySelector('.people tbody tr td').textContent = '=1+1'")
    page.click("button[data-do=copy]")
    expect(page.locator("[role=status]")).to_have_text("Copied.")
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0].split("\t")[:3] == ["Name", "Title", "Organisation"]
    assert lines[1].split("\t")[1] == "'=1+1"
    assert len(lines) == 65
    page.fill("input[type=search]", "senegal")
    page.click("button[data-do=addresses]")
    expect(page.locator("[role=status]")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()").count("@") == 3


def test_on_paper_there_are_no_controls_and_every_row(open_page: Open) -> None:
    page = open_page(scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("form.tools").is_hidden()
    assert len(shown(page)) == 64
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.scroll')).overflow") == "visible"
    assert len(page.pdf()) > 20_000
    page.set_viewport_size({"width": 703, "height": 1000})  # A4 between its margins: the figures stand in one line
    tops = page.evaluate("[...document.querySelectorAll('.figures li')].map((li) => li.getBoundingClientRect().top)")
    assert len(set(tops)) == 1


def test_every_control_of_the_registry_is_reached_and_worked_by_keys_alone(open_page: Open) -> None:
    page = open_page()
    page.focus("input[type=search]")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.dataset.key || document.activeElement.textContent.trim()"))
        if reached[-1] == "Organisation":
            break
    assert {"status", "mode", "country", "Columns", "Copy the table", "Show everyone", "Name", "Title"} <= set(reached)
    page.keyboard.press("Enter")
    assert page.locator("th.c-organisation").get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Space")
    assert page.locator("th.c-organisation").get_attribute("aria-sort") == "descending"
    page.focus("select[data-key=mode]")
    page.keyboard.press("ArrowDown")
    assert len(shown(page)) < 64
    page.focus(".choose summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    before = page.locator(".people thead th:visible").count()
    page.keyboard.press("Space")
    assert page.locator(".people thead th:visible").count() == before - 1
