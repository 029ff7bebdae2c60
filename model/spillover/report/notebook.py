"""A document as a notebook shows it: its sentences marked, with nothing to load or run.

Written without the template engine, since it belongs to reading, which needs no extra.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from spillover.report.palette import looks
from spillover.sentences import Sentence


def document_html(text: str, sentences: Sequence[Sentence]) -> str:
    """Return a document as HTML: labelled sentences marked, with label and probability.

    Parameters
    ----------
    text : str
        The document.
    sentences : sequence of Sentence
        Its sentences.
    """
    by_label = looks(tuple(sentences[0].scores)) if sentences else {}
    parts = []
    at = 0
    for sentence in sentences:
        parts.append(escape(text[at : sentence.start]))
        shown = escape(sentence.text)
        carried = sorted(sentence.labels, key=lambda label: -sentence.scores[label])
        if carried:
            strongest = by_label[carried[0]].colour
            signs = " ".join(
                f'<span style="color:{by_label[label].colour};font-size:80%;white-space:nowrap">'
                f"{by_label[label].sign} {sentence.scores[label]:.2f}</span>"
                for label in carried
            )
            # Eight digits give a colour with its opacity; the text keeps the notebook's own.
            shown = (
                f'<span style="background:{strongest}22;border-bottom:2px solid {strongest}">'
                f"{shown}</span> {signs}"
            )
        parts.append(shown)
        at = sentence.end
    parts.append(escape(text[at:]))
    legend = " &nbsp; ".join(
        f'<span style="color:{look.colour}">{look.sign}</span> {escape(look.title)}'
        for look in by_label.values()
    )
    return (
        f'<div style="max-width:44em;line-height:1.7"><p style="font-size:85%">{legend}</p>'
        f'<div style="white-space:pre-wrap">{"".join(parts)}</div></div>'
    )
