"""Broken: importing it raises."""

raise ValueError("the zoo's import error")
