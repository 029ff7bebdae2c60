from __future__ import annotations

import numpy as np
import scipy.sparse
from threadpoolctl import threadpool_limits

from spillover_training.pipeline import fit_margin


def test_weights_do_not_depend_on_the_threads_of_blas() -> None:
    draw = np.random.default_rng(0)
    rows = scipy.sparse.random(2000, 40_000, 0.002, format="csr", rng=draw)
    y = draw.random(2000) < 0.3
    with threadpool_limits(1):
        one = fit_margin(rows, y, 0.1, balanced=True)
    with threadpool_limits(4):
        four = fit_margin(rows, y, 0.1, balanced=True)
    assert one.coef_.tobytes() == four.coef_.tobytes()
