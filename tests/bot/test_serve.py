"""The process once it serves."""

import gc

from bot.serve import _keep_what_was_loaded


def test_the_garbage_collector_looks_no_more_through_what_was_loaded() -> None:
    """A walk through all of it stops everybody for a quarter of a second."""
    before = len(gc.get_objects())
    try:
        _keep_what_was_loaded()
        assert len(gc.get_objects()) < before / 10
    finally:
        gc.unfreeze()
