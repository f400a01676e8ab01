"""Facts in one SQLite file, with where they stand and which model said so; `Store` is what others need of it.

with Store("facts.sqlite").writer(predictor) as writer:
    writer.add(text, predictor(text))
for fact in Store("facts.sqlite").facts(entity="Iceland"):
    print(fact.head.text, fact.relation, fact.tail.text, fact.sentence)
"""

from __future__ import annotations

from spanloom.store.store import Store

__all__ = ["Store"]
