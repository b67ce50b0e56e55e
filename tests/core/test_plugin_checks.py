"""check_plugin explains what is wrong with an installed plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gymdash_core.testing.plugin_checks import check_plugin

ZOO = Path(__file__).parents[1] / "plugins_zoo"


def check_installed(tmp_path, module):
    """Install a zoo module as a distribution and check it in a fresh process; return what is wrong."""
    folder = tmp_path / f"{module}-1.5.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.5\n")
    (folder / "entry_points.txt").write_text(f"[gymdash]\n{module} = {module}\n")
    (tmp_path / "torch.py").write_text("")
    code = (
        "import sys\n"
        "from gymdash_core.testing.plugin_checks import check_plugin\n"
        "try:\n"
        "    check_plugin(sys.argv[1])\n"
        "except AssertionError as error:\n"
        "    print(error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, module],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ZOO)])},
        capture_output=True,
        check=False,
        text=True,
        timeout=100,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_healthy_plugin_has_no_faults(tmp_path):
    assert check_installed(tmp_path, "zoo_healthy") == ""


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("zoo_import_error", "stage load failed with ValueError: the zoo's import error"),
        ("zoo_duplicate_key", "'custom_control' of plugin 'zoo_duplicate_key' of zoo_duplicate_key 1.5 is already"),
        ("zoo_missing_target", "simulation 'zoo_missing' cannot be described"),
        ("zoo_typo", "Did you mean 'gymdash_simulations'?"),
        ("zoo_heavy", "imports torch"),
    ],
)
def test_fault_is_explained(tmp_path, module, told):
    said = check_installed(tmp_path, module)
    assert said.startswith(f"plugin {module!r}:")
    assert told in said


def test_plugin_that_is_not_installed_is_told_with_what_to_write():
    with pytest.raises(AssertionError, match=r"Did you mean 'core'.*project\.entry-points\.gymdash"):
        check_plugin("cor")
