"""What a service counts, for Prometheus. Nothing here holds a text, a label or a path of a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from spanloom.serve.answering import STAGES
from spanloom.serve.tickets import Part

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
TEXTS = (1, 2, 4, 8, 16, 32)


class Meters:
    """Counters and histograms, with a registry of their own. waiting: how many texts are in the queue."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self.registry = registry = CollectorRegistry()
        model = ["model"]
        self.stages = {
            name: Histogram(f"spanloom_{name}_seconds", help, model, buckets=SECONDS, registry=registry)
            for name, help in (
                ("queue", "What a text waits for a model's thread"),
                *((stage, f"What stage '{stage}' takes of a batch") for stage in STAGES),
            )
        }
        self.batch = Histogram(
            "spanloom_batch_texts", "Texts that are answered together", model, buckets=TEXTS, registry=registry
        )
        self.texts = Counter("spanloom_texts", "Texts, by what became of them", ["model", "result"], registry=registry)
        self.requests = Counter("spanloom_requests", "Requests", ["route", "status"], registry=registry)
        self.seconds = Histogram(
            "spanloom_request_seconds", "What a request takes", ["route"], buckets=SECONDS, registry=registry
        )
        self.refusals = Counter("spanloom_refusals", "Requests that were refused", ["cause"], registry=registry)
        self.reloads = Counter("spanloom_reloads", "Models loaded again", ["model", "result"], registry=registry)
        self.unkept = Counter("spanloom_store_failures", "Batches that the store did not take", registry=registry)
        self.open = Gauge("spanloom_open_requests", "Requests that are being answered", registry=registry)
        Gauge("spanloom_queue_texts", "Texts that wait", registry=registry).set_function(waiting)
        self._of_request = cache(lambda *of: (self.requests.labels(*of), self.seconds.labels(of[0])))

    def answered(self, route: str, status: int, seconds: float) -> None:
        """A request has its response, or its client went away."""
        counter, histogram = self._of_request(route, status)
        counter.inc()
        histogram.observe(seconds)

    def begun(self, parts: Sequence[Part], now: float) -> None:
        """A batch was taken from the queue, at this time."""
        name = parts[0].ticket.model.name
        self.batch.labels(name).observe(len(parts))
        queue = self.stages["queue"].labels(name)
        for part in parts:
            queue.observe(now - part.came)

    def ended(self, parts: Sequence[Part], seconds: Mapping[str, float]) -> None:
        """A batch is done."""
        name = parts[0].ticket.model.name
        for stage, took in seconds.items():
            self.stages[stage].labels(name).observe(took)

    def page(self) -> bytes:
        """All of it, in Prometheus' own text format."""
        return generate_latest(self.registry)
