"""A proxy of faults: it stands between a client and the hub and does what bad networks do."""
