"""Ray: a cluster to work on, and blocks through a pool of actors on it by `map_batches`."""

from __future__ import annotations

import importlib
import logging
import os
import socket
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from spanloom.errors import ConfigError, MissingExtra
from spanloom.run.cluster.blocks import Block
from spanloom.run.cluster.worker import Outcome, Work, Worker

LOCAL, AUTO = "local", "auto"
ADDRESSES = f"{LOCAL}, {AUTO} for a cluster on this machine, or HOST:PORT of a cluster's head"
STORE = 100_000_000
"""Bytes of shared memory on a cluster of our own: what goes through it is which blocks there are, and no text."""
TRIES = 3
"""How often a block is given to another worker where one dies with it."""
SECONDS = 10
"""How long the head of a cluster may take to answer."""


@contextmanager
def cluster(address: str, processors: int | None = None) -> Iterator[None]:
    """A connection to a cluster; for "local" one on this machine that ends with it, of all processors or of so many.

    Raises MissingExtra without Ray, ConfigError where no cluster answers at the address.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before the import: it reports home otherwise
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what goes wrong comes as an exception too
    ray = _library("ray")
    logging.getLogger("ray").setLevel(logging.ERROR)
    own = {"include_dashboard": False, "object_store_memory": STORE, "num_cpus": processors} if address == LOCAL else {}
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.WARNING, configure_logging=False, **own)
    except Exception as error:  # of many types, a bare Exception where a node does not start in time
        reason = " ".join(str(error).split())
        raise ConfigError(
            "--ray", f"no cluster at '{address}' ({reason})", ADDRESSES, "Start one, or check it."
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Ray's of its own settings, which are nobody's here
        try:
            yield
        finally:
            ray.shutdown()


def outcomes(blocks: Sequence[Block], work: Work, most: int | None = None) -> Iterator[Outcome]:
    """What becomes of each block, as it does. One that no worker lives through is left out. most: workers, None for as
    many as the cluster has processors."""
    ray, data = _library("ray"), _library("ray.data")
    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = -1  # a worker that died for good costs its blocks, not the job
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    first = min(most or max(int(ray.cluster_resources().get("CPU", 1)), 1), len(blocks))
    answered = data.from_items([{"block": one} for one in blocks], override_num_blocks=len(blocks)).map_batches(
        Worker,
        fn_constructor_args=(work,),
        batch_size=1,
        compute=data.ActorPoolStrategy(min_size=1, initial_size=first, max_size=most, max_tasks_in_flight_per_actor=2),
        num_cpus=1,
        ray_remote_args_fn=lambda: {"max_task_retries": TRIES},
    )
    for row in answered.iter_rows():
        yield row["outcome"]


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtra("predict --ray", "ray") from error


def refuse_unreachable(address: str) -> None:
    """Raise ConfigError for what is no address, and where nobody listens: Ray itself would try for minutes."""
    if address in (LOCAL, AUTO):
        return
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        raise ConfigError("--ray", f"'{address}' is no address", ADDRESSES, "Name one of these.")
    try:
        socket.create_connection((host.strip("[]"), int(port)), SECONDS).close()
    except (OSError, OverflowError) as error:
        found = f"nobody answers at {address} ({error})"
        raise ConfigError(
            "--ray", found, ADDRESSES, "Start the cluster with 'ray start --head', or check it."
        ) from None
