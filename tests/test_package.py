"""What is built and shipped."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import spillover

ROOT = Path(__file__).parents[1]


def test_the_shipped_model_is_trained_on_the_corpus_as_it_is() -> None:
    from spillover_training.corpus import fingerprint, read_rows

    rows = read_rows([str(ROOT / "data" / "labeled")])
    assert spillover.load().parts.training["data"] == fingerprint(rows)


@pytest.mark.slow
def test_the_wheel_installs_and_carries_the_model(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    assert len(list(tmp_path.glob("*.tar.gz"))) == 1
    names = zipfile.ZipFile(wheel).namelist()
    assert "spillover/pretrained/weights.safetensors" in names
    assert "spillover/py.typed" in names
    assert "spillover/report/templates/report.html.j2" in names
    assert "spillover/report/static/report.js" in names
    assert not [name for name in names if name.endswith(".joblib")]
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", wheel], check=True, capture_output=True)
    code = "import spillover; print(spillover.score('Rockets hit the port.')['military_strike'])"
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, cwd=tmp_path)
    assert float(done.stdout) > 0.9
