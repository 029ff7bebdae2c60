"""The same scorer on Apache Spark: a DataFrame of documents in, one of scored sentences out.

>>> from spillover.spark import signals
>>> signals(articles, "body", document="url").write.parquet("signals")  # doctest: +SKIP
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from os import PathLike
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sql
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
)

import spillover
from spillover.documents import InputDocument, checked_text
from spillover.errors import InputError, ModelError, RowError
from spillover.files import MAX_DOCUMENT
from spillover.output import Parquet
from spillover.scorer import Model
from spillover.version import __version__

# What goes out at once is small, however large the batches that come in: there is a row a sentence.
_PIECE_CHARACTERS = 256 * 1024


def signals(
    df: DataFrame,
    column: str = "text",
    *,
    split: bool = True,
    model: Model | str | PathLike[str] | None = None,
    keep: Sequence[str] | None = None,
    document: str | None = None,
) -> DataFrame:
    """Cut the documents of a DataFrame into sentences and score each.

    The model travels with the job, so that executors score with the very one that the driver has;
    they need this package in the same version, and pyarrow. Each Python worker unpacks it once.
    Spark computes the rows when they are asked for, and none pass through the driver.

    Parameters
    ----------
    df : DataFrame
        A row a document.
    column : str
        The column of strings that holds the texts.
    split : bool
        Whether to cut the documents into sentences; otherwise each is one sentence already.
    model : Model, str or path-like, optional
        The model, or the folder that the driver loads it from; by default the shipped one.
    keep : sequence of str, optional
        The columns to keep; by default all but the text.
    document : str, optional
        The column that names the documents, such as their addresses; by default the SHA-256 of
        its text names a document.

    Returns
    -------
    DataFrame
        A row a sentence, with the columns that ``spillover predict`` writes to Parquet:
        ``document``, ``sentence``, ``start``, ``end``, ``text``, ``labels``, a ``score_<label>``
        for each label, ``coverage``, ``low_coverage`` and the kept columns as ``source_<name>``,
        of the types they had. A row that is no document stays one row: ``_error`` says why
        (``without text``, ``too long``, ``not in utf-8``), and besides its name and kept columns
        the rest is null. Rows have no order.

    Raises
    ------
    InputError
        If a column is missing, or the texts are not strings.
    ModelError
        If the model folder is missing, damaged, or of another format.
    """
    kept = [name for name in df.columns if name != column] if keep is None else list(keep)
    for name in [column, *kept, *([] if document is None else [document])]:
        if name not in df.columns:
            raise InputError(f"no column {name!r} (there are {', '.join(df.columns)})")
    if not isinstance(df.schema[column].dataType, StringType):
        kind = df.schema[column].dataType.simpleString()
        raise InputError(f"column {column!r} must hold strings, not {kind}")
    used = model if isinstance(model, Model) else spillover.load(model)
    names = sql.sha2(_column(column), 256) if document is None else _column(document)
    given = [names.cast("string"), *map(_column, [column, *kept])]
    # By number, since mapInArrow does not take every name.
    rows = df.select(*(each.alias(str(at)) for at, each in enumerate(given)))
    schema = StructType(
        [
            *_scored_fields(used.labels),
            *(StructField(f"source_{name}", df.schema[name].dataType) for name in kept),
            StructField("_error", StringType()),
        ]
    )
    return rows.mapInArrow(_Scoring(_Packed.of(used), column, split), schema)


def _column(name: str) -> Column:
    """Return the column of a name that may have full stops and backticks in it."""
    return sql.col("`" + name.replace("`", "``") + "`")


def _scored_fields(labels: tuple[str, ...]) -> list[StructField]:
    """Return the columns of a scored sentence, as `Parquet` has them."""
    types = {
        pa.string(): StringType(),
        pa.int64(): LongType(),
        pa.float64(): DoubleType(),
        pa.bool_(): BooleanType(),
        pa.list_(pa.string()): ArrayType(StringType()),
    }
    return [StructField(each.name, types[each.type]) for each in Parquet(labels, ()).schema()]


@dataclass(frozen=True)
class _Packed:
    """A model on its way to the executors.

    Attributes
    ----------
    digest : str
        The SHA-256 of the content; two of the same digest are equal.
    version : str
        The version of this package that packed it.
    content : bytes
        The model, pickled.
    """

    digest: str
    version: str
    content: bytes = field(compare=False, repr=False)

    @classmethod
    def of(cls, model: Model) -> _Packed:
        """Pack a model."""
        content = pickle.dumps(model)
        return cls(sha256(content).hexdigest(), __version__, content)


@lru_cache(maxsize=2)
def _unpacked(packed: _Packed) -> Model:
    """Return the model; the one of the last task, caches warm, if it is the same."""
    if packed.version != __version__:
        raise ModelError(
            f"spillover is {packed.version} on the driver and {__version__} on an executor: "
            "install the same on both"
        )
    model: Model = pickle.loads(packed.content)  # noqa: S301 (it comes as the job's code does)
    return model


@dataclass(frozen=True)
class _Scoring:
    """What is done with the record batches of a partition; travels to the executors.

    Attributes
    ----------
    packed : _Packed
        The model.
    column : str
        What the column of the texts is called.
    split : bool
        Whether to cut the documents into sentences.
    """

    packed: _Packed
    column: str
    split: bool

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Score documents: their names, their texts and the kept columns."""
        model = _unpacked(self.packed)
        for batch in batches:
            texts = [self._text(value) for value in batch.column(1)]
            for start, stop in _pieces(texts):
                yield self._scored(model, batch.slice(start, stop - start), texts[start:stop])

    def _text(self, value: Any) -> str | RowError:
        try:
            text = value.as_py()
        except UnicodeDecodeError as error:  # Spark lets any bytes pass for a string
            return RowError("not in utf-8", self.column, str(error))
        return checked_text(self.column, self.column, text, MAX_DOCUMENT)

    def _scored(
        self, model: Model, batch: pa.RecordBatch, texts: Sequence[str | RowError]
    ) -> pa.RecordBatch:
        """Return a row for each sentence, and after them one for each text that is none."""
        good = [at for at, text in enumerate(texts) if isinstance(text, str)]
        errors = {at: text.kind for at, text in enumerate(texts) if isinstance(text, RowError)}
        scored = model.score_documents([str(texts[at]) for at in good], split=self.split)
        nameless = [InputDocument("", "", {})] * len(good)  # names and kept columns stay Arrow's
        spelled = Parquet(model.labels, ()).encode(nameless, scored)
        found = [good[document] for document in scored.documents]
        rows = pa.array([*found, *errors], pa.int64())
        name, _, *kept = batch.columns
        none = pa.nulls(len(found), pa.string())
        arrays = [
            name.take(rows),
            *(_lengthened(array, len(errors)) for array in spelled.columns[1:]),
            *(array.take(rows) for array in kept),
            pa.concat_arrays([none, pa.array(errors.values(), pa.string())]),
        ]
        # Spark goes by their places.
        return pa.record_batch(arrays, [str(at) for at in range(len(arrays))])


def _pieces(texts: Sequence[str | RowError]) -> Iterator[tuple[int, int]]:
    """Yield where pieces of about `_PIECE_CHARACTERS` begin and end."""
    start = held = 0
    for end, text in enumerate(texts, 1):
        held += len(text) if isinstance(text, str) else 0
        if held >= _PIECE_CHARACTERS or end == len(texts):
            yield start, end
            start, held = end, 0


def _lengthened(array: pa.Array, by: int) -> pa.Array:
    """Return an array with nulls after it."""
    return pa.concat_arrays([array, pa.nulls(by, array.type)])
