"""Term classes: a gazetteer of words and phrases that speak of the same thing.

Each class is a text file named after it. A line that begins with ``#`` is a comment; ``@act``
marks a class of acts and ``@cue`` one of words that put an act in doubt (negation, plan, appeal);
every other line lists entries, words or phrases, separated by commas. An entry belongs to one
class only, and the longest entry that fits wins, so "hunger strike" among the economy's terms
keeps that "strike" from counting as fire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spillover.errors import InputError
from spillover.text import NUMBER, YEAR, tokens

SHIPPED = Path(__file__).parent
_SUFFIX = ".txt"


@dataclass(frozen=True)
class TermClasses:
    """Term classes as read from their files.

    Attributes
    ----------
    sources : Mapping of str to str
        The text of each class's file, by class name.
    entries : Mapping of tuple of str to str
        The class of each entry, by the entry's tokens.
    acts, cues : frozenset of str
        Names of the classes marked ``@act`` and ``@cue``.
    """

    sources: Mapping[str, str]
    entries: Mapping[tuple[str, ...], str]
    acts: frozenset[str]
    cues: frozenset[str]
    _longest: Mapping[str, int]

    @classmethod
    def parse(cls, sources: Mapping[str, str]) -> TermClasses:
        """Read term classes from the texts of their files.

        Raises
        ------
        InputError
            If an entry has no word, or stands in two classes; names both.
        """
        entries: dict[tuple[str, ...], str] = {}
        marked: dict[str, set[str]] = {"@act": set(), "@cue": set()}
        for name in sorted(sources):
            for number, line in enumerate(sources[name].splitlines(), 1):
                where = f"term class {name}, line {number}"
                if line.startswith("@"):
                    if line.strip() not in marked:
                        raise InputError(f"{where}: {line.strip()!r} is neither @act nor @cue")
                    marked[line.strip()].add(name)
                elif not line.startswith("#"):
                    for entry in filter(None, map(str.strip, line.split(","))):
                        key = (entry,) if entry in (NUMBER, YEAR) else tuple(tokens(entry))
                        if not key:
                            raise InputError(f"{where}: {entry!r} has no word")
                        if entries.setdefault(key, name) != name:
                            raise InputError(f"{where}: {entry!r} stands in {entries[key]} too")
        longest: dict[str, int] = {}
        for key in entries:
            longest[key[0]] = max(longest.get(key[0], 0), len(key))
        return cls(
            dict(sources), entries, frozenset(marked["@act"]), frozenset(marked["@cue"]), longest
        )

    @classmethod
    def read(cls, folder: Path = SHIPPED) -> TermClasses:
        """Read the ``*.txt`` files of a folder, one class each.

        Raises
        ------
        InputError
            If the folder has no such file, or a file cannot be read as UTF-8.
        """
        files = sorted(folder.glob("*" + _SUFFIX))
        if not files:
            raise InputError(f"{folder}: no term classes here (files *{_SUFFIX}, one class each)")
        try:
            return cls.parse({file.stem: file.read_text("utf-8") for file in files})
        except UnicodeDecodeError as error:
            raise InputError(f"{folder}: a term class is not UTF-8 ({error})") from None

    def write(self, folder: Path) -> None:
        """Write the files that `read` reads."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, source in self.sources.items():
            (folder / (name + _SUFFIX)).write_text(source, "utf-8", newline="\n")

    def match(self, words: list[str]) -> list[tuple[int, str]]:
        """Find the terms in a text, leftmost first and the longest of those.

        Parameters
        ----------
        words : list of str
            The tokens of the text.

        Returns
        -------
        list of (int, str)
            The index of each term's first token, and its class.
        """
        found = []
        at, end = 0, len(words)
        while at < end:
            for length in range(min(self._longest.get(words[at], 0), end - at), 0, -1):
                name = self.entries.get(tuple(words[at : at + length]))
                if name is not None:
                    found.append((at, name))
                    at += length
                    break
            else:
                at += 1
        return found
