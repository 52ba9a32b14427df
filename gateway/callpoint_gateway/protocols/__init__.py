"""What is told to alarm centres and what devices are updated with, as bytes. No I/O."""
