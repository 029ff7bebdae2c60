"""How labels look: a colour, a sign and a kind of line, so that colour never stands alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LIGHT = ("#a82c0a", "#4e1f6e", "#1f80d8", "#a58f00")
DARK = ("#f4623a", "#f0a8d0", "#4c8ff0", "#f0e6a8")
"""On white and on near black. Any two stay apart to a colour-blind eye, which a test computes."""

SIGNS = "▲●■◆▼✚★⬟"


@dataclass(frozen=True)
class LabelLook:
    """How one label is shown.

    Attributes
    ----------
    title : str
        Its name in words.
    sign : str
        The sign that stands for it; the first eight labels have signs of their own.
    css : str
        The class that gives colour and underline; the first four have colours of their own.
    number : int
        Its place among the labels.
    """

    title: str
    sign: str
    css: str
    number: int

    @property
    def colour(self) -> str:
        """The colour on white."""
        return LIGHT[self.number % len(LIGHT)]


def looks(labels: Sequence[str]) -> dict[str, LabelLook]:
    """Return how each label is shown."""
    return {
        label: LabelLook(
            title=label.replace("_", " "),
            sign=SIGNS[number % len(SIGNS)],
            css=f"l{number % len(LIGHT)}",
            number=number,
        )
        for number, label in enumerate(labels)
    }
