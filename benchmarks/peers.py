"""What users have instead of this model: each trained on the same rows, and how it predicts."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from spillover_training.corpus import Row
from spillover_training.pipeline import Bools
from spillover_training.search import targets

Predict = Callable[[Sequence[str]], Bools]

KEYWORDS = {
    "military_strike": r"\b((air|drone|missile|rocket)[- ]?(strikes?|raids?|attacks?)|"
    r"(artillery|rocket|mortar) fire|"
    r"strikes? (on|in|kills?|hits?)|struck|shell(s|ed|ing)|bomb(s|ed|ing|ings|ardment|er)|"
    r"rockets?|missiles? (hit|fired|launched)|attack(s|ed|ing)?|clash(es|ed)|raid(s|ed)?|"
    r"ambush(ed)?|fire[ds]? (on|at|rockets|missiles)|opened fire|exchanges? of fire|invasion|"
    r"invaded|incursion|shot down|gunfire|gunmen|storm(ed|ing)|pound(s|ed|ing)|fighting|"
    r"explosions?|blasts?)\b",
    "casualty_report": r"\b(kill(s|ed|ing)?|dead|deaths?|died|wounded|injured|casualties|"
    r"death toll|bodies|massacred?|martyred|slain|lost their lives|fatalities)\b",
    "diplomatic_meeting": r"\b(talks|summit|met with|meets?|meeting|negotiat(ors?|ions?|ing)|"
    r"mediat(ors?|ion|ed)|envoys?|phone call|spoke by (tele)?phone|visit(s|ed)? to|"
    r"arriv(es|ed) in|held discussions|security council (session|meeting))\b",
    "spillover_risk": r"\b(spill(s|ed|ing)?[- ]?over|"
    r"(wider|regional|all-out|broader) (war|conflict|escalation)|(drawn|dragged) in(to)?|"
    r"(new|second|northern) front|cross-border|"
    r"in solidarity with|(intervene[ds]?|intervention) in|hezbollah\b.*\bisrael|"
    r"israel\w*\b.*\b(hezbollah|lebanon|lebanese|syrian?|iran|houthis?|yemen)|"
    r"(iran|houthis?|hezbollah)\b.*\b(fire[ds]?|attack\w*|strikes?|struck|ship|missiles?)|"
    r"turk(ey|ish)\b.*\b(kurd\w*|ypg|pkk|afrin)|red sea)\b",
}


def keyword_lists(labels: Sequence[str]) -> Predict:
    """Return one careful regular expression a label."""
    patterns = [re.compile(KEYWORDS[label], re.IGNORECASE) for label in labels]
    return lambda texts: np.array(
        [[bool(pattern.search(text)) for pattern in patterns] for text in texts]
    )


def plain_recipe(rows: Sequence[Row], labels: Sequence[str]) -> Pipeline:
    """Fit scikit-learn's usual recipe: TF-IDF of words 1–2, a logistic regression a label."""
    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        OneVsRestClassifier(LogisticRegression(class_weight="balanced", max_iter=1000)),
    ).fit([row.text for row in rows], targets(rows, labels))


def fasttext_model(
    rows: Sequence[Row], labels: Sequence[str], subwords: tuple[int, int] = (0, 0)
) -> Any:
    """Train fastText, one sigmoid a label (Joulin et al. 2017, EACL, section 2).

    Parameters
    ----------
    rows : sequence of Row
        What to train on.
    labels : sequence of str
        The labels.
    subwords : (int, int), optional
        Shortest and longest character n-gram; without them only words and word bigrams.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "train.txt"
        file.write_text("".join(_line(row) for row in rows), "utf-8")
        return fasttext.train_supervised(
            str(file),
            loss="ova",
            dim=50,
            wordNgrams=2,
            epoch=25,
            lr=0.5,
            minn=subwords[0],
            maxn=subwords[1],
            thread=1,  # with more, two runs differ
            seed=0,
            verbose=0,
        )


def fasttext_predict(model: Any, texts: Sequence[str], labels: Sequence[str]) -> Bools:
    """Return the labels of at least 0.5, bool array (n_texts, n_labels)."""
    # Lists only: for a single str the package's call fails under numpy 2. What it gives as
    # probabilities of a list is the first one's for all labels, but the labels are right.
    names, _ = model.predict([fasttext_words(text) for text in texts], k=-1, threshold=0.5)
    return np.array([[_LABEL + label in here for label in labels] for here in names])


_LABEL = "__label__"


def fasttext_words(text: str) -> str:
    """Return a text in lower case with spaces around its tokens, as fastText's tutorial advises."""
    return " ".join(re.findall(r"\w+|[^\w\s]", text.lower()))


def _line(row: Row) -> str:
    # A line without a label would be left out of the training.
    labels = " ".join(_LABEL + label for label in row.labels or ["none"])
    return f"{labels} {fasttext_words(row.text)}\n"
