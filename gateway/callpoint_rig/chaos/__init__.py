"""Real parts, faults by chance, and a judge: nothing that was raised may be lost."""
