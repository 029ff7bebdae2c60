from __future__ import annotations

import pytest

from faults.harness import Fault
from faults.table import FAULTS, tried


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.kind)
def test_a_fault_has_its_outcome(fault: Fault) -> None:
    outcomes = tried(fault, fault.fast)
    assert outcomes
    assert set(outcomes) <= set(fault.expected)
