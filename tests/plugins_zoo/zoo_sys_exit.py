"""Broken: it calls sys.exit while it is imported."""

import sys

sys.exit("the zoo wants to leave")
