"""What clients send and get, as OpenAPI tells it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

SomeText = Annotated[
    str | list[str],
    Field(description="A text; for a model of pairs or of dialogues the texts of one answer, in order."),
]
Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Sent(BaseModel):
    """What is sent is taken as it is: no number for a string, and nothing that would be passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PredictRequest(Sent):
    """Either `text`, for one answer, or `texts`, for one each."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["text"]}, {"required": ["texts"]}]})

    text: SomeText = Field(default="", description="What one answer is wanted for.")
    texts: list[SomeText] = Field(default=[], description="What several answers are wanted for.")
    model: str | None = Field(default=None, description="The name of a model; the first that is served if not given.")
    threshold: Score | dict[str, Score] | None = Field(
        default=None,
        description="Facts that score less are left out: of all labels, or by label, with `*` for the others.",
    )


Answer = Annotated[
    dict[str, Any],
    Field(description="As `spanloom predict` writes it, offsets in characters; of a text that failed its `error`."),
]


class Given(BaseModel):
    """What every response with answers says beside them."""

    model: str = Field(description="The name of the model that answered.")
    version: str = Field(description="Which version of it: another once it was loaded again from other files.")
    notes: list[str] = Field(description="What was not read at once and whole, a sentence each.")


class PredictResponse(Given):
    """`answer` for a `text`, `answers` for `texts`, in their order."""

    answer: Answer | None = None
    answers: list[Answer] | None = None


class Marked(BaseModel):
    """A label, of the whole where it stands alone."""

    label: str
    kind: str = Field(description="What a legend calls it: the label, unless that differs from fact to fact.")
    hue: int = Field(description="The colour of its kind, in degrees.")
    score: float | None


class MarkedSpan(Marked):
    """A part of the text."""

    text: str
    start: int
    end: int
    name: str = Field(description="What the names of one entity have in common, as a store has it.")


class MarkedRelation(Marked):
    """What goes from one span to another."""

    short: str = Field(description="What is written at an arc.")
    head: int
    tail: int


class Drawn(BaseModel):
    """An answer, and what is drawn of it, whatever its type."""

    answer: Answer
    html: str = Field(description="For the sheet and scripts of `/page/`; what `style` would hold is in `data-style`.")
    entities: list[MarkedSpan]
    relations: list[MarkedRelation]
    labels: list[Marked]


class DrawResponse(Given):
    """What is drawn of each text, in their order; of a text that failed its `error`."""

    drawn: list[Drawn]


class Refusal(BaseModel):
    """Why there is no answer."""

    error: str = Field(description="What was found, what was expected, what to do.")
    cause: str = Field(description="A fixed name, which `/metrics` counts by.")


class ModelInfo(BaseModel):
    """A model that is served."""

    name: str
    version: str
    task: str
    summary: str
    texts: int = Field(description="How many texts make one answer: 2 for pairs, 0 for the turns of a dialogue.")
    example: SomeText = Field(description="What it can read.")
    reads_at_once: str = Field(description="A longer text is read in windows; empty where the model does not say.")
    labels: dict[str, list[str]]
    loaded: str


class Limits(BaseModel):
    """What a request may have at most."""

    body: int = Field(description="Bytes of it.")
    texts: int = Field(description="Texts in it.")
    characters: int = Field(description="Characters of a text, or of all that make one answer.")


class ModelList(BaseModel):
    """All models; the first answers where none is named."""

    models: list[ModelInfo]
    limits: Limits
    store: bool = Field(description="Whether answers are kept in a store, which `/v1/facts` asks.")


class Health(BaseModel):
    """Whether the service is there."""

    status: str
