"""The registry as numbers, as a page and as files, for organisers who live in their mail client and in spreadsheets.

`page(session, config, now, language)` is one self-contained HTML page; `tables` streams rows as CSV and JSON. This
package only reads: it never changes the registry, never sends, never reads a clock.

Inside: `rows` draws the registry from the tables, `numbers` counts (pure), `words` says it in a language, `columns`,
`people`, `history`, `glance`, `attention`, `pictures` and `filters` prepare what is shown, `sections` gathers it for an
event, `charts` draws, `page` lays out.
"""

from mailbot.report.page import page, pieces

__all__ = ["page", "pieces"]
