"""File names for stats: any text becomes a name that every file system takes, and no two texts become the same one."""

from __future__ import annotations

import hashlib
from urllib.parse import quote, unquote

_LONGEST = 150
_KEPT = 120
_HASH_DIGITS = 12


def quote_name(text: str) -> str:
    """Return a file name, without suffix, for the name of a stat or a kind.

    Percent-quoted. Names that are long, or that another could equal on a file system that ignores case, end in ``~``
    and a hash instead.

    Args:
        text: Any text that is not empty.

    Example:
        >>> quote_name("rollout/ep_rew_mean")
        'rollout%2Fep_rew_mean'
        >>> quote_name(".hidden")
        '%2Ehidden'
        >>> quote_name("Loss")
        'Loss~df292782b26e'
    """
    name = quote(text, safe=" +,=@()", errors="surrogatepass").replace("~", "%7E")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) <= _LONGEST and text == text.lower():
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]
    return f"{name[:_KEPT]}~{digest}"


def unquote_name(name: str) -> str | None:
    """Return the text that `quote_name` was given, or None where the name holds a hash."""
    return None if "~" in name else unquote(name, errors="surrogatepass")
