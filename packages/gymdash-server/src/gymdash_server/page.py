"""The page: the built dashboard, whose addresses all lead to one document that finds its view by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

_FOREVER = "private, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
#: Addresses of views; those of ``frontend/src/features/shell/App.tsx``.
VIEWS: Final = re.compile(r"start|control|analyze|plugins|settings|runs/[A-Za-z0-9-]+")


class Page(StaticFiles):
    """Serve the dashboard's files, and its document for the addresses of views.

    What is neither a file nor the address of a view is not there. Files under ``assets/`` have their content's hash in
    their name and are kept by browsers, all others are asked for again.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer a request."""
        try:
            answer = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or not VIEWS.fullmatch(path):  # noqa: PLR2004 - HTTP's own number
                raise
            answer = await super().get_response("index.html", scope)
        answer.headers["cache-control"] = _FOREVER if path.startswith("assets/") else _ASK_AGAIN
        return answer
