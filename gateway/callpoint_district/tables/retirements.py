"""Gateways that were taken out of service: nobody waits for them any more."""

from typing import Final

STEP: Final = """
CREATE TABLE retirements (
  gateway text PRIMARY KEY,
  at_ms bigint NOT NULL
);
"""
