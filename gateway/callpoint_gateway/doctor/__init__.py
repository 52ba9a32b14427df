"""What ``callpoint doctor`` looks at, and what to do about it."""
