"""Which version of minnet this is."""

__version__ = "0.2.0"
