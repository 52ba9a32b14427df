"""The ways to people: services by Apprise, and SMS and voice gateways by our own requests."""
