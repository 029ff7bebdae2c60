"""Results on a terminal, for people."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import typer

from spillover.documents import InputDocument
from spillover.scored import Scored
from spillover.sentences import Sentence


@dataclass(frozen=True)
class Table:
    """Sentences one below the other, with the labels they carry and how probable they are.

    Attributes
    ----------
    labels : tuple of str
        The labels of the model.
    """

    labels: tuple[str, ...]

    def encode(self, documents: Sequence[InputDocument], found: Scored) -> bytes:
        """Spell sentences for the terminal, a blank line before each document."""
        by_document = groupby(zip(found.documents, found.sentences(), strict=True), itemgetter(0))
        shown = [
            self._document(documents[at].name, [sentence for _, sentence in of_it])
            for at, of_it in by_document
        ]
        return "".join(shown).encode("utf-8", "replace")

    def _document(self, name: str, sentences: Sequence[Sentence]) -> str:
        wide = max(map(len, self.labels)) + len(" 0.00")
        width = max(shutil.get_terminal_size().columns - wide - 2, 30)
        lines = ["", typer.style(printable(name), bold=True)]
        for sentence in sentences:
            carried = [f"{label} {sentence.scores[label]:.2f}" for label in sentence.labels]
            text = textwrap.wrap(printable(sentence.text), width) or [""]
            for row in range(max(len(text), len(carried))):
                label = carried[row] if row < len(carried) else ""
                part = text[row] if row < len(text) else ""
                styled = typer.style(label.rjust(wide), fg=typer.colors.CYAN, bold=True)
                lines.append(f"{styled}  {typer.style(part, dim=not carried)}".rstrip())
        return "\n".join(lines) + "\n"


def printable(text: str) -> str:
    """Return a text without what would steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
