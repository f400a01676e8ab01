"""A linear-chain CRF in NumPy, for reading: how likely is a sequence of tags, and which is the likeliest?

A sentence has T words, and each word gets one of K tags. A network gives every tag a score at every word, the
emissions [T, K]. Choosing at each word the tag of the highest score would ignore what stands beside it: an I-PER after
an O, say. So a CRF (Lafferty, McCallum and Pereira 2001) also has a score for each pair of neighbours, transitions
[K, K], one for the first tag, start [K], and one for the last, end [K]. The score of a whole path y is their sum:

    score(y) = start[y_1] + sum_t emissions[t, y_t] + sum_t transitions[y_t-1, y_t] + end[y_T]

and its probability is exp(score(y)) divided by the sum of the same over ALL paths, K**T of them. That sum, the
partition, is what this file is about: it takes T * K * K steps, not K**T, because paths share their beginnings.

    python -m from_scratch.crf

learns to tag a tiny language, prints its loss as it falls, and tags a sentence.

Float64, and everything in logarithms: the clearest way, not the fastest. `spanloom.nn.heads.crf` is the fast one, and
the tests check each against the other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Chain(NamedTuple):
    """All scores of one sentence."""

    emissions: Array  # [T, K]
    transitions: Array  # [K, K], from the row's tag to the column's
    start: Array  # [K]
    end: Array  # [K]


def log_sum_exp(scores: Array, axis: int) -> Array:
    """log(sum(exp(scores))) without overflow: the largest score is taken out first, and put back afterwards."""
    highest = scores.max(axis=axis, keepdims=True)
    total: Array = np.log(np.exp(scores - highest).sum(axis=axis)) + highest.squeeze(axis)
    return total


def path_score(chain: Chain, path: Array) -> float:
    """The score of one path [T]: the formula above, word for word."""
    score = chain.start[path[0]] + chain.end[path[-1]]
    for time, tag in enumerate(path):
        score += chain.emissions[time, tag]
        if time > 0:
            score += chain.transitions[path[time - 1], tag]
    return float(score)


def forward(chain: Chain) -> Array:
    """alpha [T, K]: the log of the sum over all paths that END in tag k at word t, of the words up to t.

    A path to tag j comes from some tag i one word before. Its score is i's, plus the transition, plus j's emission, and
    all paths to i are already summed up in alpha[t - 1, i].
    """
    alpha = np.zeros_like(chain.emissions)  # [T, K]
    alpha[0] = chain.start + chain.emissions[0]
    for time in range(1, len(alpha)):
        arriving = alpha[time - 1][:, None] + chain.transitions  # [K from, K to]
        alpha[time] = log_sum_exp(arriving, axis=0) + chain.emissions[time]
    return alpha


def backward(chain: Chain) -> Array:
    """beta [T, K]: the log of the sum over all ways to go ON from tag k at word t to the end. The mirror image."""
    beta = np.zeros_like(chain.emissions)  # [T, K]
    beta[-1] = chain.end
    for time in range(len(beta) - 2, -1, -1):
        leaving = chain.transitions + chain.emissions[time + 1] + beta[time + 1]  # [K from, K to]
        beta[time] = log_sum_exp(leaving, axis=1)
    return beta


def negative_log_likelihood(chain: Chain, path: Array) -> float:
    """-log of the probability of a path: log partition minus its score."""
    log_partition = log_sum_exp(forward(chain)[-1] + chain.end, axis=0)
    return float(log_partition) - path_score(chain, path)


def gradients(chain: Chain, path: Array) -> Chain:
    """How the negative log-likelihood of a path changes with each score.

    The derivative of the log partition by any score is the probability that a path uses it (the exponential family's
    one great convenience); the derivative of -score(path) is -1 where the path uses it. So each gradient is "expected
    minus seen", and learning stops where the two are equal.
    """
    alpha, beta = forward(chain), backward(chain)
    log_partition = log_sum_exp(alpha[-1] + chain.end, axis=0)
    tags = np.exp(alpha + beta - log_partition)  # [T, K], rows sum to 1: how likely is tag k at word t
    pairs = np.zeros_like(chain.transitions)  # [K, K]
    for time in range(1, len(path)):
        after = chain.emissions[time] + beta[time]  # [K to]
        pairs += np.exp(alpha[time - 1][:, None] + chain.transitions + after - log_partition)
    start, end = tags[0].copy(), tags[-1].copy()  # a path uses start[k] when its first tag is k

    tags[np.arange(len(path)), path] -= 1.0
    np.subtract.at(pairs, (path[:-1], path[1:]), 1.0)  # a pair may come more than once
    start[path[0]] -= 1.0
    end[path[-1]] -= 1.0
    return Chain(tags, pairs, start, end)


def best_path(chain: Chain) -> Array:
    """The path [T] of the highest score (Viterbi 1967): as `forward`, with max in place of sum, and the way noted."""
    score = chain.start + chain.emissions[0]  # [K]
    came_from = []  # for each word after the first: the best tag before each tag
    for emission in chain.emissions[1:]:
        arriving = score[:, None] + chain.transitions  # [K from, K to]
        came_from.append(arriving.argmax(axis=0))
        score = arriving.max(axis=0) + emission
    path = [int((score + chain.end).argmax())]
    for pointers in reversed(came_from):
        path.append(int(pointers[path[-1]]))
    return np.array(path[::-1])


def train(
    sentences: list[Array], paths: list[Array], words: int, tags: int, epochs: int = 60, rate: float = 0.1
) -> Chain:
    """Learn one emission score for each word and tag, and the rest of the chain, by stochastic gradient descent.

    sentences: word numbers [T]. In the chain that comes back, emissions are [words, tags]; a sentence's own are
    `emissions[sentence]`.
    """
    scores = Chain(np.zeros((words, tags)), np.zeros((tags, tags)), np.zeros(tags), np.zeros(tags))
    for epoch in range(epochs):
        loss = 0.0
        for sentence, path in zip(sentences, paths, strict=True):
            chain = scores._replace(emissions=scores.emissions[sentence])  # [T, K]
            loss += negative_log_likelihood(chain, path)
            slope = gradients(chain, path)
            np.subtract.at(scores.emissions, sentence, rate * slope.emissions)  # a word may come more than once
            for learned, its_slope in zip(scores[1:], slope[1:], strict=True):
                learned -= rate * its_slope
        if epoch % 10 == 0 or epoch == epochs - 1:
            print(f"epoch {epoch:3}  loss a sentence {loss / len(sentences):.4f}")
    return scores


def main() -> None:
    """ "May" is a month after "in" and a verb before a verb: only the neighbours can tell."""
    tag_names = ["pronoun", "modal", "verb", "preposition", "month"]
    text = [
        ("we may go in may", [0, 1, 2, 3, 4]),
        ("they may sing in june", [0, 1, 2, 3, 4]),
        ("we sing in may", [0, 2, 3, 4]),
        ("they will go in june", [0, 1, 2, 3, 4]),
        ("we will sing", [0, 1, 2]),
        ("they go in may", [0, 2, 3, 4]),
    ]
    vocabulary = sorted({word for line, _ in text for word in line.split()})
    sentences = [np.array([vocabulary.index(word) for word in line.split()]) for line, _ in text]
    scores = train(sentences, [np.array(path) for _, path in text], len(vocabulary), len(tag_names))
    for line in ("they may go in may", "we may sing"):
        sentence = np.array([vocabulary.index(word) for word in line.split()])
        path = best_path(scores._replace(emissions=scores.emissions[sentence]))
        print("  ".join(f"{word}/{tag_names[tag]}" for word, tag in zip(line.split(), path, strict=True)))


if __name__ == "__main__":
    main()
