"""The README's way with datasets of Hugging Face."""

from __future__ import annotations

from datasets import Dataset

import spillover

TEXTS = ["Rockets hit the port, killing three.", "Bread is dear.", "Envoys met in Geneva."]


def test_sentences_are_scored_by_map_in_two_processes() -> None:
    dataset = Dataset.from_dict({"id": [1, 2, 3], "text": TEXTS})
    scored = dataset.map(
        lambda texts: {"scores": spillover.score(texts)},
        input_columns="text",
        batched=True,
        num_proc=2,
    )
    assert list(scored["scores"]) == spillover.score(TEXTS)
    assert list(scored["id"]) == [1, 2, 3]


def test_labels_of_a_model_with_a_policy() -> None:
    model = spillover.load(policy="precision=0.9")
    dataset = Dataset.from_dict({"text": TEXTS})
    labelled = dataset.map(
        lambda texts: {"labels": model.predict(texts)}, input_columns="text", batched=True
    )
    assert [tuple(labels) for labels in labelled["labels"]] == model.predict(TEXTS)
