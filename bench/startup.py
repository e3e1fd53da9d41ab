"""How long the first words take, beside the smallest Typer program there can be."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.measure import Ratio, Side, compare

SMALLEST = '''
import typer

app = typer.Typer()


@app.command()
def one(name: str = "a") -> None:
    """Do one thing."""


@app.command()
def two(name: str = "b") -> None:
    """Do another thing."""


app()
'''


def run(runs: int) -> list[Ratio]:
    """`--help` and `--version`."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        program = place / "smallest.py"
        program.write_text(SMALLEST, encoding="utf-8")
        python, ours = sys.executable, str(Path(sys.executable).parent / "platform-cli")
        return [
            compare(
                "startup-help",
                ("platform-cli --help", Side([ours, "--help"], lambda: place)),
                (
                    "a two-command Typer program's --help",
                    Side([python, str(program), "--help"], lambda: place),
                ),
                goal=1.0,
                runs=runs,
            ),
            compare(
                "startup-version",
                ("platform-cli --version", Side([ours, "--version"], lambda: place)),
                ('python -c "import typer"', Side([python, "-c", "import typer"], lambda: place)),
                goal=1.0,
                runs=runs,
            ),
        ]
