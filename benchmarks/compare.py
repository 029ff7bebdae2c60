"""What users have instead, on the same sentences, as a Markdown table.

A keyword expression a label, and scikit-learn's plain recipe (TF-IDF of words 1–2 and logistic
regression) trained on the same items.

Usage: python benchmarks/compare.py [REAL_NEWS.jsonl]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

import spillover
from spillover_training.corpus import read_rows
from spillover_training.pipeline import Bools
from spillover_training.search import targets

DATA = ["data/labeled"]
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

Predict = Callable[[Sequence[str]], Bools]


def main(real_news: str | None) -> None:
    """Train the plain recipe, judge all three, print the table."""
    rows = read_rows(DATA)
    model = spillover.load()
    train = [row for row in rows if row.split == "train"]
    judged = {"test split": [row for row in rows if row.split == "test"]}
    if real_news:
        # Feeds have soft hyphens inside words, which only our tokeniser takes out by itself.
        judged["real news"] = [
            replace(row, text=row.text.replace("\u00ad", "")) for row in read_rows([real_news])
        ]
    plain = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        OneVsRestClassifier(LogisticRegression(class_weight="balanced", max_iter=1000)),
    ).fit([row.text for row in train], targets(train, model.labels))
    patterns = [re.compile(KEYWORDS[label], re.IGNORECASE) for label in model.labels]
    systems: dict[str, Predict] = {
        "keyword expressions": lambda texts: np.array(
            [[bool(pattern.search(text)) for pattern in patterns] for text in texts]
        ),
        "scikit-learn, words 1–2": lambda texts: plain.predict(texts).astype(bool),
        "spillover": lambda texts: np.array(
            [[label in carried for label in model.labels] for carried in model.predict(texts)]
        ),
    }
    print(f"| system | sentences | macro-F1 | {' | '.join(model.labels)} |")
    print(f"|---|---|---:|{'---:|' * len(model.labels)}")
    for name, held_out in judged.items():
        true = targets(held_out, model.labels)
        for system, predict in systems.items():
            scores = f1_score(true, predict([row.text for row in held_out]), average=None)
            cells = " | ".join(f"{score:.3f}" for score in scores)
            print(f"| {system} | {name} | {scores.mean():.3f} | {cells} |")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
