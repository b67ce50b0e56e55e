"""Executors: where and how a run is carried out, behind one interface."""
