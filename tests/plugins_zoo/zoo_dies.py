"""Broken: ends its process while it is imported, and leaves a child that holds its outputs."""

import os
import subprocess
import sys

subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
os._exit(7)
