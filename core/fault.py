"""Who can mend what went wrong."""

from enum import StrEnum


class Fault(StrEnum):
    """Who can mend it."""

    DEVICE = "device"
    """Whoever runs or makes the router."""
    COLLECTOR = "collector"
    """The project: a defect of yangbeam."""
    ENVIRONMENT = "environment"
    """Whoever runs the network, the disks, the brokers."""
    CONFIGURATION = "configuration"
    """The operator of yangbeam."""
