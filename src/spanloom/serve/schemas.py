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
    reads_at_once: str = Field(description="A longer text is read in windows; empty where the model does not say.")
    labels: dict[str, list[str]]
    loaded: str


class ModelList(BaseModel):
    """All models; the first answers where none is named."""

    models: list[ModelInfo]


class Health(BaseModel):
    """Whether the service is there."""

    status: str
