"""``example_ml``: a classifier of small pictures that is trained, tested and asked."""
