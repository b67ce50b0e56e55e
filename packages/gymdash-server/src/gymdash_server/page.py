"""The page: the built dashboard, whose addresses all lead to one document that finds its view by itself."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

_FOREVER = "private, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


class Page(StaticFiles):
    """Serve the dashboard's files, and its document for the addresses of views.

    What has an ending, or is under ``api/``, is a file or is not there; everything else is a view. Files under
    ``assets/`` have their content's hash in their name and are kept by browsers, all others are asked for again.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer a request."""
        try:
            answer = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or not _is_view(path):  # noqa: PLR2004 - HTTP's own number
                raise
            answer = await super().get_response("index.html", scope)
        answer.headers["cache-control"] = _FOREVER if path.startswith("assets/") else _ASK_AGAIN
        return answer


def _is_view(path: str) -> bool:
    return not path.startswith("api/") and not PurePosixPath(path).suffix
