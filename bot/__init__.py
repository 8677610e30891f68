"""The process: reads the environment, builds everything once, serves, ticks and drains. Nobody imports it."""

__version__ = "0.1.0"
