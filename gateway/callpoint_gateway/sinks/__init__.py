"""Where the journals are delivered to over HTTP: one contract, one breaker, one thread each."""
