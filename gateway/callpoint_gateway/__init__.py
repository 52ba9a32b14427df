"""The Callpoint gateway: from devices to alarm centres, through one journal."""
