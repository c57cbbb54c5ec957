"""Prints the level that the adapter reached."""

pytest_plugins = ["ccroute.testing.pytest_plugin"]
