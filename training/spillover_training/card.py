"""The model card: what training computed, for people."""

from __future__ import annotations

from spillover.scorer import Model
from spillover_training.evaluate import Evaluation


def card(model: Model, test: Evaluation | None) -> str:
    """Return the card of a model, Markdown with the metadata that model hubs read.

    Parameters
    ----------
    model : Model
        The trained model.
    test : Evaluation or None
        On the test split; None where the data have none.
    """
    training = model.parts.training
    meanings = "\n".join(
        f"- **{label}** (threshold {model.thresholds[label]:.3f})"
        + (f": {meaning}" if meaning else "")
        for label, meaning in model.parts.labels.items()
    )
    measured = (
        f"On the {test.n_rows} rows of the data's test split, whose items training did not see:\n\n"
        + test.to_table()
        if test
        else "The data have no test split; nothing was measured on rows that training did not see."
    )
    return f"""---
library_name: spillover
tags: [text-classification, tf-idf, news]
---

# Model {model.version}

A TF-IDF and linear classifier for single sentences, made by `spillover train`. For each label it
gives a calibrated probability; a sentence carries the labels whose probability reaches their
threshold, which may be none.

## Labels

{meanings}

## Training

{training["rows"]} rows in {training["items"]} items (data fingerprint `{training["data"][:12]}`).
C a label, Platt calibration and thresholds (best F1) by {training["folds"]}-fold cross-validation
grouped by item on {training["searched_rows"]} rows; then fitted on all of them.

## Measured

{measured}

## Use

```python
import spillover

model = spillover.load("path/to/this/folder")
model.read("A document.")
```

The probabilities are calibrated on the training data; where the labels are more or less frequent
than there, they are too low or too high.
"""
