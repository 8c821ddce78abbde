"""The recipes of ftl in PyTorch: `python -m pytorch --help`."""
