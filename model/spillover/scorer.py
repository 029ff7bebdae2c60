"""The compiled model: texts in, calibrated probabilities out, with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from spillover.errors import InputError
from spillover.features import Analyzer, FeatureSettings
from spillover.policy import Curve, thresholds_for
from spillover.sentences import Document, Sentence, sentence_spans
from spillover.terms import TermClasses
from spillover.text import tokens

Floats = npt.NDArray[np.float64]

LOW_COVERAGE = 0.5
"""Below this share of known tokens a sentence is marked `low_coverage`."""


@dataclass(frozen=True)
class Block:
    """One block's vocabulary and weights.

    Attributes
    ----------
    vocabulary : Mapping of str to int
        The row of each feature.
    weights : float32 array (n_features, n_labels)
        What one occurrence adds to each label's logit, before scaling.
    idf : float32 array (n_features,)
        Inverse document frequencies; the block's sum is divided by the square root of theirs.
    """

    vocabulary: Mapping[str, int]
    weights: npt.NDArray[np.float32]
    idf: npt.NDArray[np.float32]


@dataclass(frozen=True)
class ModelParts:
    """All that a model is made of; what a model folder holds.

    Attributes
    ----------
    labels : Mapping of str to str
        The labels in the order of the columns, with what each means.
    thresholds : Mapping of str to float
        The probability from which a sentence carries the label: that of the best F1.
    curves : Mapping of str to Curve
        Precision and recall at other thresholds, by label.
    intercept : float64 array (n_labels,)
        The logits of a text without features.
    blocks : Mapping of str to Block
        Vocabulary and weights of `settings.blocks`, in their order.
    settings : FeatureSettings
        What the blocks count.
    terms : TermClasses
        The term classes that the model was trained with.
    training : Mapping
        Where the model comes from: data fingerprint, counts, choices, metrics.
    """

    labels: Mapping[str, str]
    thresholds: Mapping[str, float]
    curves: Mapping[str, Curve]
    intercept: Floats
    blocks: Mapping[str, Block]
    settings: FeatureSettings
    terms: TermClasses
    training: Mapping[str, Any] = field(default_factory=dict)


class Model:
    """A trained classifier: one calibrated probability a label for each text.

    Immutable and safe to share between threads. Made by `spillover.load`.

    Parameters
    ----------
    parts : ModelParts
        What the model is made of.
    version : str
        Hash of the content, by which results can be traced to the model.
    """

    def __init__(self, parts: ModelParts, version: str = "unsaved") -> None:
        self.parts = parts
        self.version = version
        self._thresholds = np.array([parts.thresholds[label] for label in parts.labels])
        self._analyzers = {
            name: Analyzer(name, parts.settings, parts.terms) for name in parts.blocks
        }
        # One matrix a block, float64: the weights and, as last column, what the scale is made of.
        self._matrices = {
            name: np.column_stack([block.weights, block.idf]).astype(np.float64)
            for name, block in parts.blocks.items()
        }

    def __getstate__(self) -> tuple[ModelParts, str]:
        """Pickle the parts; the rest is made anew."""
        return self.parts, self.version

    def __setstate__(self, state: tuple[ModelParts, str]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"<Model {self.version}: {', '.join(self.labels)}>"

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the columns of `predict_proba`."""
        return tuple(self.parts.labels)

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The probability from which a text carries each label."""
        return MappingProxyType(dict(self.parts.thresholds))

    def with_thresholds(self, given: Mapping[str, float], default: float | None = None) -> Model:
        """Return the same model with other thresholds.

        Parameters
        ----------
        given : Mapping of str to float
            Probabilities by label.
        default : float, optional
            The probability for labels that are not named; without it they keep theirs.

        Raises
        ------
        InputError
            If a label is unknown or a threshold is not from 0 to 1.
        """
        unknown = [label for label in given if label not in self.labels]
        if unknown:
            raise InputError(
                f"threshold: no label {unknown[0]!r} (there are {', '.join(self.labels)})"
            )
        thresholds = {
            label: given.get(label, own if default is None else default)
            for label, own in self.thresholds.items()
        }
        for at in thresholds.values():
            if not 0 <= at <= 1:
                raise InputError(f"threshold must be from 0 to 1, got {at}")
        return Model(replace(self.parts, thresholds=thresholds), self.version)

    def with_policy(self, policy: str) -> Model:
        """Return the same model with the thresholds of a policy.

        Parameters
        ----------
        policy : str
            ``f1`` for the model's own thresholds, ``precision=0.9`` or ``recall=0.9`` for those
            that reached as much on cross-validated training predictions.

        Raises
        ------
        InputError
            If the policy is unknown or out of reach for a label.
        """
        if policy == "f1":
            return self
        return self.with_thresholds(thresholds_for(policy, self.parts.curves))

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Score texts.

        Parameters
        ----------
        texts : sequence of str
            One sentence each; any text scores.

        Returns
        -------
        float64 array (n_texts, n_labels)
            Calibrated probabilities, columns in the order of `labels`.

        Raises
        ------
        TypeError
            If `texts` is a single str, or one of them is no str.
        """
        return self._probabilities([tokens(text) for text in checked_texts(texts)])

    def predict(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """Label texts by the model's thresholds.

        Parameters
        ----------
        texts : sequence of str
            One sentence each.

        Returns
        -------
        list of tuple of str
            The labels of each text, in the order of `labels`; a text without a word has none.

        Raises
        ------
        TypeError
            If `texts` is a single str, or one of them is no str.
        """
        words = [tokens(text) for text in checked_texts(texts)]
        return [
            self._carried(row, bool(found))
            for row, found in zip(self._probabilities(words), words, strict=True)
        ]

    def read(self, text: str) -> Document:
        """Cut a document into sentences and score each.

        Raises
        ------
        TypeError
            If `text` is no str.
        """
        if not isinstance(text, str):
            raise TypeError(f"text must be str, got {type(text).__name__}")
        return self._document(text, sentence_spans(text))

    def read_sentence(self, text: str) -> Document:
        """Score a text that is one sentence already, as a document of that sentence."""
        return self._document(text, [(0, len(text))])

    def _document(self, text: str, spans: list[tuple[int, int]]) -> Document:
        words = [tokens(text[start:end]) for start, end in spans]
        known = self.parts.blocks["words"].vocabulary
        sentences = []
        for (start, end), found, row in zip(spans, words, self._probabilities(words), strict=True):
            coverage = sum(word in known for word in found) / len(found) if found else 0.0
            sentences.append(
                Sentence(
                    text=text[start:end],
                    start=start,
                    end=end,
                    scores=dict(zip(self.labels, row.tolist(), strict=True)),
                    labels=self._carried(row, bool(found)),
                    coverage=coverage,
                    low_coverage=coverage < LOW_COVERAGE,
                )
            )
        return Document(text, sentences)

    def _carried(self, row: Floats, has_words: bool) -> tuple[str, ...]:
        if not has_words:
            return ()
        return tuple(
            label
            for label, carries in zip(self.labels, row >= self._thresholds, strict=True)
            if carries
        )

    def _probabilities(self, texts: list[list[str]]) -> Floats:
        logits = np.empty((len(texts), len(self.labels)))
        for row, words in enumerate(texts):
            logits[row] = self._logits(words)
        return 0.5 * (1.0 + np.tanh(0.5 * logits))  # the logistic function, without overflow

    def _logits(self, words: list[str]) -> Floats:
        logits = self.parts.intercept.copy()
        for name, block in self.parts.blocks.items():
            features = self._analyzers[name].features(words)
            rows = [row for row in map(block.vocabulary.get, features) if row is not None]
            # The weights of the features, added up, and last their inverse document frequencies.
            sums = self._matrices[name][rows].sum(axis=0)
            if sums[-1] > 0:
                logits += sums[:-1] / np.sqrt(sums[-1])
        return logits


def checked_texts(texts: Sequence[str]) -> Sequence[str]:
    """Return `texts` if it is a sequence of str; raise TypeError naming what came otherwise."""
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Sequence):
        raise TypeError(f"texts must be a sequence of str, got {type(texts).__name__}")
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{number}] must be str, got {type(text).__name__}")
    return texts
