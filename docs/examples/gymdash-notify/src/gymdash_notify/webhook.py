"""What is said of a run, and how it is posted; knows nothing of hooks."""

import json
import os
from datetime import datetime
from http.client import HTTPException
from urllib import request

#: Where to post to; nothing is posted where it is not set.
VARIABLE = "GYMDASH_NOTIFY_URL"
#: GymDash abandons a hook after 5 s.
TIMEOUT_S = 4.0

_TOLD = ("id", "name", "key", "state", "reason", "attempt", "started", "ended")


class NotDeliveredError(Exception):
    """A message was not delivered; says why."""


def address():
    """Return where to post to; empty for nowhere."""
    return os.environ.get(VARIABLE, "").strip()


def message_of(run):
    """Return what is said of a run that has ended: `text` for people, `run` for programs."""
    text = f"{run['name']} ({run['key']}) {run['state']}"
    if run["started"] and run["ended"]:
        took = datetime.fromisoformat(run["ended"]) - datetime.fromisoformat(run["started"])
        text += f" after {took.total_seconds():.0f} s"
    if run["reason"]:
        text += f": {run['reason']}"
    return {"text": text, "run": {name: run[name] for name in _TOLD}}


def post(url, message):
    """Post a message as JSON."""
    if not url.startswith(("http://", "https://")):
        raise NotDeliveredError(f"{VARIABLE} is {url!r}, which is no http address")
    try:
        asked = request.Request(url, json.dumps(message).encode(), {"Content-Type": "application/json"})
        with request.urlopen(asked, timeout=TIMEOUT_S):
            pass
    except (OSError, ValueError, HTTPException) as error:  # all that urlopen raises; its own are OSErrors
        raise NotDeliveredError(f"cannot post to the webhook: {error}") from error
