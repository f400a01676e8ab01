"""A bundle behind Ray Serve, which joins requests into batches: python ray_service.py BUNDLE REPLICAS

As many replicas, processes, each with the model of one thread; batches of 32 at most, 2 ms late at most, as ours.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

import ray
from batching import LATE, TOGETHER, free_port
from ray import serve
from starlette.requests import Request


@serve.deployment(num_replicas=int(sys.argv[2]), max_ongoing_requests=256, ray_actor_options={"num_cpus": 0.1})
class Extraction:
    def __init__(self, bundle: str) -> None:
        from spanloom.predict.predictor import load

        self.predictor = load(bundle, threads=1)

    @serve.batch(max_batch_size=TOGETHER, batch_wait_timeout_s=LATE)  # type: ignore[untyped-decorator]
    async def answers(self, texts: list[str]) -> list[dict[str, Any]]:
        return [{"answer": answer.to_dict()} for answer in self.predictor.predict(texts)]

    async def __call__(self, request: Request) -> Any:
        return await self.answers((await request.json())["text"])


if __name__ == "__main__":
    port = free_port()
    ray.init(num_cpus=4, include_dashboard=False, logging_level="ERROR", _node_ip_address="127.0.0.1")
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    serve.run(Extraction.bind(sys.argv[1]))  # type: ignore[attr-defined]
    print(f"Serving at http://127.0.0.1:{port}", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    serve.shutdown()
    ray.shutdown()
