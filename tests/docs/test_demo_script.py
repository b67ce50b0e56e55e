"""The script that shows all of core does what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "docs" / "examples" / "demo.py"


def test_the_script_runs_to_its_end(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, SCRIPT], env=environment, capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "a walk: stopped, " in done.stdout
    assert "a faster walk: succeeded, " in done.stdout
