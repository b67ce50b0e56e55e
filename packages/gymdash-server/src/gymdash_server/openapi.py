"""The OpenAPI document as a file, from which the dashboard's types come: ``python -m gymdash_server.openapi FILE``.

The document is that of an application without a context; nothing is opened or started.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gymdash_server.app import create_app
from gymdash_server.settings import Settings


def document() -> str:
    """Return the OpenAPI document as text, the same for the same routes."""
    return json.dumps(create_app(Settings(token="none")).openapi(), indent=1, sort_keys=True) + "\n"  # noqa: S106


def main(arguments: list[str]) -> None:
    """Write the document to the file that is named, else print it."""
    if arguments:
        Path(arguments[0]).write_text(document())
    else:
        sys.stdout.write(document())


if __name__ == "__main__":
    main(sys.argv[1:])
