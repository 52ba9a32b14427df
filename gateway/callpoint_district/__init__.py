"""A district: keeps the alarms journals of many gateways in one database, and gives receipts."""
