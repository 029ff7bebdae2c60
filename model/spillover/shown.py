"""A text as a reader sees it, and the way back to its characters."""

from __future__ import annotations

import html
import re
from bisect import bisect_right

from spillover.text import ENTITY, INVISIBLE

_HIDING = re.compile(f"{INVISIBLE}+|{ENTITY}")
_OTHERWISE = re.compile("[\u2018\u2019\u201c\u201d\uff01-\uff5e]")
_PLAIN = {
    **{wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)},
    **str.maketrans("\u2018\u2019\u201c\u201d", "''\"\""),
}


class Shown:
    """A text without invisible characters, entities resolved, quotes straight, letters narrow.

    What the tokens of a text do without must not move the ends of its sentences either. A quote
    that opens and is never closed, as in ‘Alayh, would join all sentences after it.

    Parameters
    ----------
    text : str
        Any text.

    Attributes
    ----------
    text : str
        The text as it is seen.
    """

    def __init__(self, text: str) -> None:
        # Where stretches begin in the text as it is seen; where they begin and end in the text as
        # it is, if they are the same there, or stand for one entity.
        self._begins = [0]
        self._stretches: list[tuple[int, int, bool]] = []
        pieces = []
        at = 0
        for found in _HIDING.finditer(text):
            resolved = html.unescape(found[0]) if found[0][0] == "&" else ""
            if resolved == found[0]:  # an ampersand of its own
                continue
            if at < found.start():
                self._add(at, found.start(), at, found.start())
                pieces.append(text[at : found.start()])
            if resolved:
                self._add(0, len(resolved), found.start(), found.end(), is_entity=True)
                pieces.append(resolved)
            at = found.end()
        self._add(at, len(text), at, len(text))
        self.text = "".join([*pieces, text[at:]])
        if _OTHERWISE.search(self.text):
            self.text = self.text.translate(_PLAIN)

    def _add(self, start: int, end: int, begin: int, finish: int, is_entity: bool = False) -> None:
        self._stretches.append((begin, finish, is_entity))
        self._begins.append(self._begins[-1] + end - start)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where characters that are seen, one or more, stand in the text as it is."""
        return self._of(start)[0], self._of(end - 1)[1]

    def _of(self, at: int) -> tuple[int, int]:
        # Of stretches that begin at one place all but the last are empty.
        number = bisect_right(self._begins, at, hi=len(self._stretches)) - 1
        begin, end, is_entity = self._stretches[number]
        if is_entity:
            return begin, end
        begin += at - self._begins[number]
        return begin, begin + 1
