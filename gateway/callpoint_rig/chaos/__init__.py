"""Random faults on real parts, and a check that no raised event is lost."""
