from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import Pipeline

import spillover
from spillover.errors import InputError
from spillover.policy import GRID
from spillover_training.corpus import Row

NEWS = [
    *(
        "Rockets",
        "killed",
        "at",
        "least",
        "nine",
        "people",
        "in",
        "Metula,",
        "the",
        "army",
        "said.",
    ),
    *("No", "one", "was", "hurt", "2022.", "Troops", "could", "strike;", "ministers'", "talks"),
    *("Washington’s", "envoy", "told", "US", "failed?"),
]


def test_equals_the_pipeline_on_news(
    model: spillover.Model, pipeline: Pipeline, rows: list[Row]
) -> None:
    texts = [row.text for row in rows]
    np.testing.assert_allclose(
        model.predict_proba(texts), pipeline.predict_proba(texts), rtol=0, atol=1e-6
    )


@settings(deadline=None)
@given(
    st.text()
    | st.lists(st.sampled_from(NEWS)).map(" ".join)
    | st.text(alphabet=" aeiklostr'.,?19&;\u00ad\u2019\n")
)
def test_equals_the_pipeline_on_any_text(
    model: spillover.Model, pipeline: Pipeline, text: str
) -> None:
    found = model.predict_proba([text])
    np.testing.assert_allclose(found, pipeline.predict_proba([text]), rtol=0, atol=1e-6)
    assert (found > 0).all()
    assert (found < 1).all()


def test_a_score_does_not_depend_on_its_batch(model: spillover.Model, rows: list[Row]) -> None:
    texts = [row.text for row in rows[:50]]
    together = model.predict_proba(texts)
    alone = np.vstack([model.predict_proba([text]) for text in texts])  # by another path
    backwards = model.predict_proba(texts[::-1])[::-1]
    assert np.array_equal(together, alone)
    assert np.array_equal(together, backwards)


def test_probabilities_have_seven_decimals(model: spillover.Model, rows: list[Row]) -> None:
    for p in model.predict_proba([row.text for row in rows[:50]]).ravel().tolist():
        assert p == float(f"{p:.7f}")


def test_threads_share_a_model(model: spillover.Model, rows: list[Row]) -> None:
    texts = [row.text for row in rows[:50]]
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(model.predict_proba, [texts] * 8):
            assert np.array_equal(found, model.predict_proba(texts))


def test_shapes(model: spillover.Model) -> None:
    assert model.predict_proba([]).shape == (0, 4)
    found = model.predict_proba(("a", "b"))
    assert found.shape == (2, 4)
    assert found.dtype == np.float64
    assert model.labels == (
        "military_strike",
        "casualty_report",
        "diplomatic_meeting",
        "spillover_risk",
    )


def test_labels_are_those_whose_probability_reaches_the_threshold(
    model: spillover.Model, rows: list[Row]
) -> None:
    texts = [row.text for row in rows]
    at = [model.thresholds[label] for label in model.labels]
    for row, labels in zip(model.predict_proba(texts), model.predict(texts), strict=True):
        assert labels == tuple(np.array(model.labels)[row >= at])


def test_other_thresholds(model: spillover.Model) -> None:
    changed = model.with_thresholds({"spillover_risk": 1.0}, 0.0)
    assert changed.predict(["A word."]) == [model.labels[:3]]
    assert model.with_thresholds({}).thresholds == model.thresholds


def test_wrong_thresholds(model: spillover.Model) -> None:
    with pytest.raises(InputError, match=r"no label 'strike' \(there are military_strike,"):
        model.with_thresholds({"strike": 0.5})
    with pytest.raises(InputError, match=r"threshold must be from 0 to 1, got 1\.5"):
        model.with_thresholds({}, 1.5)


def test_policies(model: spillover.Model) -> None:
    assert model.with_policy("f1") is model
    sharp, broad = model.with_policy("precision=0.9"), model.with_policy("recall=0.95")
    for label in model.labels:
        curve = model.parts.curves[label]
        at = GRID.index(sharp.thresholds[label])
        assert curve.precision[at] >= 0.9
        assert curve.precision[at - 1] < 0.9
        at = GRID.index(broad.thresholds[label])
        assert curve.recall[at] >= 0.95
        assert curve.recall[at + 1] < 0.95


def test_a_text_without_a_word_carries_nothing(model: spillover.Model) -> None:
    lenient = model.with_thresholds({}, 0.0)
    assert lenient.predict(["", " …", "word"]) == [(), (), model.labels]
    assert np.isfinite(model.predict_proba([""])).all()


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one", "texts must be a sequence of str, got str"),
        (None, "texts must be a sequence of str, got NoneType"),
        (["one", 3], r"texts\[1\] must be str, got int"),
    ],
)
def test_what_is_no_sequence_of_str_is_refused(
    model: spillover.Model, texts: Any, message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        model.predict_proba(texts)
    with pytest.raises(TypeError, match=message):
        model.predict(texts)


def test_read(model: spillover.Model) -> None:
    text = "Port hit\n\nRockets hit the port, killing three.  Aid came.\n"
    document = model.read(text)
    assert document.text == text
    assert [sentence.text for sentence in document] == [
        "Port hit",
        "Rockets hit the port, killing three.",
        "Aid came.",
    ]
    for sentence in document:
        assert text[sentence.start : sentence.end] == sentence.text
        assert list(sentence.scores.values()) == model.predict_proba([sentence.text])[0].tolist()
        assert sentence.labels == model.predict([sentence.text])[0]
    with pytest.raises(TypeError, match="text must be str, got bytes"):
        model.read(b"bytes")  # type: ignore[arg-type]


def test_coverage_is_the_share_of_known_tokens(model: spillover.Model) -> None:
    known, half, foreign, empty = (
        document[0]
        for document in model.read_many(
            ["The army said", "army zzyzx", "zzyzx qwrtz", ""], split=False
        )
    )
    assert (known.coverage, known.low_coverage) == (1.0, False)
    assert (half.coverage, half.low_coverage) == (0.5, False)
    assert (foreign.coverage, foreign.low_coverage) == (0.0, True)
    assert (empty.coverage, empty.low_coverage) == (0.0, True)


def test_a_pickled_model_is_the_same(model: spillover.Model) -> None:
    copy = pickle.loads(pickle.dumps(model))
    assert copy.version == model.version
    assert np.array_equal(copy.predict_proba(NEWS), model.predict_proba(NEWS))
