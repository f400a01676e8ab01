"""What people decided in their tool, applied to the data, and what changed by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spanloom.check.merging import (
    PLACE,
    WHEN,
    WHO,
    Change,
    Merged,
    Review,
    Shown,
    applied,
    facts_of,
    is_signed,
    merged,
    told,
)
from spanloom.check.queue.lines import claim_to_dict
from spanloom.config import DataConfig
from spanloom.contracts import Task
from spanloom.core import Claim, Example, Place
from spanloom.errors import DataError
from spanloom.inputs import Text
from spanloom.read import chosen_format
from spanloom.run.suits import require_claims
from spanloom.text.counts import several
from spanloom.write.formats import target_for, written
from spanloom.write.formats.parts.ledger import Ledger
from spanloom.write.formats.parts.target import Options
from spanloom.write.lines import refuse_to_replace, write_lines

DIFF = ".diff.jsonl"


@dataclass(frozen=True)
class MergeOptions:
    """queue: the file of a queue that the texts were taken from. who: who decided, where the reviewed file does not
    say. to: the format of what is written. diff: the file of the changes; beside the output if None. accept: see
    `merged`.
    """

    queue: Path | None = None
    who: str | None = None
    to: str = "jsonl"
    diff: Path | None = None
    accept: bool = False


def merge(
    data: Path, reviewed: Path, output: Path, task: Task, config: DataConfig, options: MergeOptions = MergeOptions()
) -> dict[str, Any]:
    """Write the data with what people decided, and beside them each change, with who made it and when.

    reviewed: texts of the data, as a tool gives them back, in any format that is read. Only these change; where what
    was decided cannot be applied the data stay as they are, and that is listed. Returns `examples`, how many there are,
    `reviewed`, `changed`, `unchanged`, the `conflicts`, `unknown`: places of reviewed texts that the data do not have,
    `undecided`, `untouched`: as they went, by nobody that the file tells of, `unseen`: kinds of statements
    that stayed, as the reviewers were not shown them, and the `changes`.

    Raises DataError for what cannot be read, ConfigError where the output would replace the data, and for a task whose
    answers are one whole.
    """
    require_claims(task, "merge")
    diff = options.diff or output.with_name(f"{output.name}{DIFF}")
    for file in (output, diff):
        refuse_to_replace(file, data, reviewed)
    target = target_for(options.to, task)
    examples, (decided, looked_at) = list(task.read(data, config)), _reviewed(reviewed, task, config)
    accept = options.accept or looked_at
    if options.queue is None and not accept:
        _refuse_proposals(decided)
    shown = {} if options.queue is None else _shown(options.queue, task)
    found = merged(examples, decided, shown, accept)
    after, ledger = applied(examples, found.changes), Ledger()
    written(output, after, target, Options(task.line), ledger)
    when = datetime.fromtimestamp(reviewed.stat().st_mtime, UTC).isoformat(timespec="seconds")
    lines = list(_lines(examples, found.changes, {"who": options.who or "unknown", "when": when}))
    write_lines(diff, lines)
    return {"examples": len(examples), **_counts(found, lines), "changes": lines, "lost": ledger.losses}


def _reviewed(path: Path, task: Task, config: DataConfig) -> tuple[list[Example], bool]:
    """What each person says of each text that they decided on, and the texts that nobody did; and whether the file
    says that somebody looked at each of the former.
    """
    reading = DataConfig(unknown_keys="ignored", annotator=config.annotator, text_column=config.text_column)
    people: list[str | None] = [config.annotator]
    format = chosen_format(path, reading, type(task.answer()), task.input)
    if config.annotator is None and format is not None:
        people = [*format.people(path, reading)] or people
    every = [list(task.read(path, replace(reading, annotator=name))) for name in people]
    decided = [example for own in every for example in own if example.gold is not None]
    places = {example.source for example in decided}
    undecided = [example for example in every[0] if example.source not in places]
    return [*decided, *undecided], format is not None and format.decided(path, reading)


def _refuse_proposals(reviewed: Sequence[Example]) -> None:
    """Raise DataError for a proposal that may be as it was, where no queue tells what was proposed."""
    for example in reviewed:
        if example.gold is not None and example.fields.get("proposed") and not is_signed(example, {}):
            found = "a text with proposals, and nothing says that anybody looked at it"
            remedy = "Give its queue with --queue, or --accept-untouched where every text was looked at."
            raise DataError(str(example.source), found, "the queue that it was taken from", remedy)


def _counts(found: Merged, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    conflicts = [line for line in lines if "conflict" in line]
    return {
        "reviewed": len(found.changes),
        "changed": len(lines) - len(conflicts),
        "unchanged": len(found.changes) - len(lines),
        "conflicts": conflicts,
        "unknown": [str(example.source) for example in found.unknown],
        "undecided": found.undecided,
        "untouched": found.untouched,
        "unseen": sorted(found.unseen),
    }


def _shown(queue: Path, task: Task) -> dict[str, Shown]:
    """What stood in the data when a queue was made of them, by its place, and what was proposed.

    Where the queue's lines have what is believed in place of what is annotated, their findings tell what that was.
    """
    found: dict[str, Shown] = {}
    for example in task.read(queue, DataConfig(unknown_keys="ignored")):
        if PLACE not in example.fields or "findings" not in example.fields:
            remedy = "Name the file that 'spanloom queue' wrote, or leave --queue out."
            raise DataError(str(example.source), "no 'source' and 'findings'", "a line of a queue", remedy)
        said = facts_of(example)
        facts, proposes = set(said), bool(example.fields.get("proposed"))
        for finding in example.fields["findings"]:
            annotated, believed = (_claim(example, finding, key) for key in ("annotated", "believed"))
            if proposes:
                facts -= {believed} - {None}
                facts |= {annotated} - {None}  # type: ignore[arg-type]
        found[str(example.fields[PLACE])] = Shown(frozenset(facts), said if proposes else None, example.fields)
    return found


def _claim(example: Example, finding: Mapping[str, Any], key: str) -> Claim | None:
    """The statement of a line, in tokens."""
    said = finding.get(key)
    if said is None:
        return None
    places = [said[end] for end in ("head", "tail") if end in said] or ([said] if "start" in said else [])
    at = tuple(token for place in places for token in _tokens(example.input, place))
    return Claim(finding["kind"], said["label"], at)


def _tokens(text: Text, place: Mapping[str, int]) -> Place:
    starts = {token.start: number for number, token in enumerate(text.tokens)}
    ends = {token.end: number + 1 for number, token in enumerate(text.tokens)}
    return starts[place["start"]], ends[place["end"]]


def _lines(
    examples: Sequence[Example], changes: Iterable[Change], otherwise: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """A line for each change, and for each decision that could not be applied. otherwise: who and when, if not said."""
    for change in changes:
        if not (change.gone or change.come or change.conflict):
            continue
        example = examples[change.number]
        line: dict[str, Any] = {PLACE: str(example.source), **_by(change.reviews, otherwise)}
        if change.conflict:
            line["conflict"] = change.conflict
        for name, facts in (("removed", change.gone), ("added", change.come)):
            if facts:
                line[name] = [{"kind": own.kind, **claim_to_dict(example.input, own)} for own in sorted(facts)]
        yield line


def _by(reviews: Sequence[Review], otherwise: Mapping[str, str]) -> dict[str, str]:
    """Who decided, and when, as far as the reviewed file says it; of several people all, and the last time."""
    people = dict.fromkeys(str(told(review.example, WHO) or otherwise["who"]) for review in reviews)
    times = [told(review.example, WHEN) or otherwise["when"] for review in reviews]
    return {"who": ", ".join(people), "when": times[-1]}


def sentences(found: Mapping[str, Any]) -> Iterator[str]:
    """What there is to say of a merge."""
    issues = Counter(line["conflict"] for line in found["conflicts"])
    for line in found["conflicts"][:20]:
        yield f"Conflict at {line[PLACE]} ({line['who']}): {line['conflict']}; it stays as it was."
    if len(found["conflicts"]) > 20:
        yield f"And {len(found['conflicts']) - 20:,} more conflicts, of {len(issues):,} kinds; the diff has them all."
    if found["unknown"]:
        unknown = several(len(found["unknown"]), "reviewed text")
        yield f"Not in the data: {unknown}, the first at {found['unknown'][0]}."
    if found["undecided"]:
        undecided = several(found["undecided"], "text")
        yield f"Not decided: {undecided} that came back without annotations; the data stay as they were there."
    if found["untouched"]:
        untouched = several(found["untouched"], "text")
        yield (
            f"Untouched: {untouched} that came back as they went, and nothing says that anybody looked; the data stay "
            "as they were there. Export what was approved alone, and give --accept-untouched."
        )
    if found["unseen"]:
        yield f"The reviewed texts have no {' and no '.join(found['unseen'])}: those of the data stay."
    for loss in found["lost"]:
        yield f"The format cannot hold {loss}."
