"""``python -m gymdash_core.worker <run directory>``."""

from gymdash_core.worker.main import run_worker

run_worker()
