"""A bundle behind LitServe, which joins requests into batches: python litserve_service.py BUNDLE WORKERS

As many processes as workers, each with the model of one thread; batches of 32 at most, 2 ms late at most, as ours.
"""

from __future__ import annotations

import sys
from typing import Any

import litserve
from batching import LATE, TOGETHER, free_port


class Extraction(litserve.LitAPI):  # type: ignore[misc]
    """What LitServe calls: each request by itself, and the model for a batch of them."""

    def setup(self, device: str) -> None:
        from spanloom.predict.predictor import load

        self.predictor = load(sys.argv[1], threads=1)

    def decode_request(self, request: dict[str, str]) -> str:
        return request["text"]

    def predict(self, texts: list[str]) -> list[Any]:
        return list(self.predictor.predict(texts))

    def encode_response(self, answer: Any) -> dict[str, Any]:
        return {"answer": answer.to_dict()}


if __name__ == "__main__":
    port = free_port()
    api = Extraction(max_batch_size=TOGETHER, batch_timeout=LATE)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=int(sys.argv[2]), timeout=120)
    print(f"Serving at http://127.0.0.1:{port}", flush=True)
    server.run(host="127.0.0.1", port=port, log_level="error", generate_client_file=False)
