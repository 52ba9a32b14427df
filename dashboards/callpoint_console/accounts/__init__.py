"""Who works at the console: accounts, passwords, second factors, sessions, and who looked."""
