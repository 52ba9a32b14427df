"""What all tests share: Hypothesis judges no time, which on a busy machine says nothing."""

from hypothesis import HealthCheck, settings

settings.register_profile("callpoint", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("callpoint")
