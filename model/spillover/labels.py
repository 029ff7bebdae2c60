"""What may be the name of a label."""

from __future__ import annotations

import re

# Line and paragraph separators end a line where people read; the rest steers a terminal.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_LONGEST = 100


def label_fault(label: str) -> str | None:
    """Say what is wrong with the name of a label; nothing if it is sound."""
    if not label or label != label.strip() or "|" in label:
        return "is empty, padded or holds a '|'"
    if len(label) > _LONGEST:
        return f"has more than {_LONGEST} characters"
    if _CONTROL.search(label):
        return "holds a control character or half a surrogate pair"
    return None
