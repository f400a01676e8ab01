"""Locks on open files and folders. The kernel gives one up when its process ends, however that ends."""

from __future__ import annotations

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]


class NoLocks(OSError):
    """The system, or the disk, knows no such locks."""


def lock(descriptor: int, wait: bool = False) -> None:
    """Lock what is open for this process alone, until it is closed.

    Raises BlockingIOError where another holds it and `wait` is false, NoLocks where there is no telling.
    """
    if fcntl is None:
        raise NoLocks("no locks on this system")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        raise
    except OSError as error:  # a network drive
        raise NoLocks(error.errno, error.strerror) from error
