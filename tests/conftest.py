"""What holds for every test: how many examples Hypothesis draws. Fixtures live nearer to the tests that use them."""

import os

from hypothesis import HealthCheck, settings

BUSY_MACHINE = [HealthCheck.too_slow]
settings.register_profile("dev", max_examples=100, deadline=None, print_blob=True, suppress_health_check=BUSY_MACHINE)
settings.register_profile("ci", max_examples=40, deadline=None, print_blob=True, suppress_health_check=BUSY_MACHINE)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
