"""The examinations of ``callpoint doctor``: the machine, the configuration, the broker."""
