"""``python -m gymdash_server`` is ``gymdash``."""

from __future__ import annotations

from gymdash_server.cli.main import main

if __name__ == "__main__":
    main()
