"""Draws the README's picture of the terminal: runs the demo and saves what it printed as SVG.

python -m tests.pictures.terminal
"""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console

from mailbot.cli import demo, look

WIDTH = 150  # columns: wide enough for every column of the registry
HERE = Path(__file__).parent


def main() -> None:
    """Run the demo in a folder that goes away, and write demo.svg beside this file."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), color_system="truecolor", highlight=False)
    demo.out = look.out = console
    with tempfile.TemporaryDirectory() as folder:
        demo.demo(Path(folder) / "demo")
        text = console.export_svg(title="make demo").replace(folder, "/home/you/mailbot")
    # A picture asks nobody for anything: the fonts are the reader's own.
    text = re.sub(r"@font-face \{.*?\}\s*|<!--.*?-->", "", text, flags=re.DOTALL)
    text = text.replace("font-family: Fira Code", "font-family: ui-monospace, DejaVu Sans Mono")
    (HERE / "demo.svg").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
