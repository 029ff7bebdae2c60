"""Term classes: a gazetteer of words and phrases that speak of the same thing.

Each class is a text file named after it. A line that begins with ``#`` is a comment; ``@act``
marks a class of acts and ``@cue`` one of words that put an act in doubt (negation, plan, appeal);
every other line lists entries, words or phrases, separated by commas. An entry belongs to one
class only, and the longest entry that fits wins, so "hunger strike" among the economy's terms
keeps that "strike" from counting as fire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from spillover.errors import InputError
from spillover.text import NUMBER, YEAR, tokens

SHIPPED = Path(__file__).parent
MOST_CLASSES = 4096
_SUFFIX = ".txt"
_NAME = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class TermClasses:
    """Term classes, parsed from their files when they are first needed: scoring does without.

    Attributes
    ----------
    sources : Mapping of str to str
        The text of each class's file, by class name.
    """

    sources: Mapping[str, str]

    @property
    def entries(self) -> Mapping[tuple[str, ...], str]:
        """The class of each entry, by the entry's tokens."""
        return self._parsed[0]

    @cached_property
    def acts(self) -> frozenset[str]:
        """Names of the classes marked ``@act``."""
        return frozenset(self._parsed[1]["@act"])

    @cached_property
    def cues(self) -> frozenset[str]:
        """Names of the classes marked ``@cue``."""
        return frozenset(self._parsed[1]["@cue"])

    @cached_property
    def _parsed(self) -> tuple[dict[tuple[str, ...], str], dict[str, set[str]]]:
        entries: dict[tuple[str, ...], str] = {}
        marked: dict[str, set[str]] = {"@act": set(), "@cue": set()}
        for name in sorted(self.sources):
            for number, line in enumerate(self.sources[name].splitlines(), 1):
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
        return entries, marked

    @cached_property
    def _longest(self) -> Mapping[str, int]:
        longest: dict[str, int] = {}
        for key in self.entries:
            longest[key[0]] = max(longest.get(key[0], 0), len(key))
        return longest

    @classmethod
    def parse(cls, sources: Mapping[str, str]) -> TermClasses:
        """Read term classes from the texts of their files.

        Raises
        ------
        InputError
            If an entry has no word, or stands in two classes; names both. If a class's name is
            not of letters, digits and hyphens, which features are joined from.
        """
        for name in sources:
            if not _NAME.fullmatch(name):
                raise InputError(
                    f"term class {name!r}: a name must be of letters, digits and hyphens"
                )
        classes = cls(dict(sources))
        if len(set(classes.entries.values())) > MOST_CLASSES:
            raise InputError(f"more than {MOST_CLASSES} term classes")
        return classes

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
        """Find the terms in a text as `spans` does, without their ends."""
        return [(at, name) for at, _, name in self.spans(words)]

    def spans(self, words: list[str]) -> list[tuple[int, int, str]]:
        """Find the terms in a text, leftmost first and the longest of those.

        Parameters
        ----------
        words : list of str
            The tokens of the text.

        Returns
        -------
        list of (int, int, str)
            The index of each term's first token, that after its last, and its class.
        """
        found = []
        at, end = 0, len(words)
        while at < end:
            for length in range(min(self._longest.get(words[at], 0), end - at), 0, -1):
                name = self.entries.get(tuple(words[at : at + length]))
                if name is not None:
                    found.append((at, at + length, name))
                    at += length
                    break
            else:
                at += 1
        return found
