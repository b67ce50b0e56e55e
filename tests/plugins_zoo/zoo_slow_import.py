"""Broken: importing it never ends."""

import threading

threading.Event().wait()
