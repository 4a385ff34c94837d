"""`python -m bench` (make bench): the performance table."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bench import pipeline, reading_speed


def main() -> None:
    """Measure, and print the tables."""
    console = Console()
    console.print("[bold]Reading[/] (ratio to mail-parser alone)")
    reading_speed.ratios([reading_speed.reply()])
    console.print("\n[bold]Hostile messages within the bounds[/]")
    reading_speed.worst()
    with console.status("collecting, planning, sending …"):
        rows = pipeline.table()
    shown = Table("what", "seconds", "ratio", title="The work around it (ratio to the first row of its group)")
    for what, seconds, ratio in rows:
        if ratio == 1.0:
            shown.add_section()
        shown.add_row(what, f"{seconds:.3f}", f"{ratio:.2f}")
    console.print(shown)


if __name__ == "__main__":
    main()
