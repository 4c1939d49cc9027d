"""What the HTTP interface takes and gives, as its OpenAPI document shows it."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .batching import Prediction

Score = Annotated[float, Field(ge=0, le=1)]


class PictureIn(BaseModel):
    """A picture in JSON: exactly one of its content and its address."""

    model_config = ConfigDict(
        extra='forbid',
        use_attribute_docstrings=True,
        json_schema_extra={'oneOf': [{'required': ['image']}, {'required': ['url']}]},
    )

    image: str | None = None
    """content of the file, base64; a data URL will do"""
    url: str | None = None
    """http or https address of the file, where the service allows it"""

    @model_validator(mode='after')
    def _one_of_them(self) -> Self:
        if (self.image is None) == (self.url is None):
            raise ValueError('give either image or url')
        return self


class PicturesIn(BaseModel):
    """Several pictures in JSON; those of `images` come first in the answer."""

    model_config = ConfigDict(
        extra='forbid',
        use_attribute_docstrings=True,
        json_schema_extra={'anyOf': [{'required': ['images']}, {'required': ['urls']}]},
    )

    images: list[str] = []
    """contents of files, base64; data URLs will do"""
    urls: list[str] = []
    """http or https addresses of files, where the service allows them"""

    @model_validator(mode='after')
    def _some(self) -> Self:
        if not self.images and not self.urls:
            raise ValueError('give images, urls or both')
        return self


class TokenOut(BaseModel):
    """A token of the formula and the probability that the model gave it."""

    text: str
    probability: Score


class Alternative(BaseModel):
    """Another reading of the picture."""

    latex: str
    score: Score


class PredictionOut(BaseModel):
    """What the model reads in a picture."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    latex: str
    """the formula"""
    score: Score
    """geometric mean of the probabilities of the tokens"""
    confidence: Score | None
    """probability that the formula is right; null if the checkpoint has no calibration"""
    is_formula: bool | None
    """false if the picture seems to show something else; null if the checkpoint has no calibration"""
    text: str | None
    """the formula in the format asked for; null if it cannot be written in it"""
    remark: str | None
    """in words, what should make the reader look twice; null if nothing does"""
    tokens: list[TokenOut]
    alternatives: list[Alternative]
    """other readings, the likeliest first; as many as were asked for, or fewer"""


class ItemOut(BaseModel):
    """One picture of several: its prediction, or why there is none."""

    prediction: PredictionOut | None
    error: str | None


class BatchOut(BaseModel):
    """An item for each picture, in their order."""

    items: list[ItemOut]


class Problem(BaseModel):
    """An error, as RFC 9457 has it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str = 'about:blank'
    title: str
    """the status in words"""
    status: int
    detail: str
    """what is wrong and what to do"""


class Health(BaseModel):
    """The service is up."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: str = 'ok'
    waiting: int
    """pictures waiting to be read"""


class Version(BaseModel):
    """What answers here."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    service: str
    """version of this interface"""
    checkpoint: str
    """name of the model's checkpoint"""
    backend: str
    """what computes: onnxruntime with the checkpoint's graphs, or torch"""
    libraries: dict[str, str]
    """versions of what it runs on"""


def prediction_out(prediction: Prediction, text: str | None, remark: str | None) -> PredictionOut:
    """A prediction for a client."""
    return PredictionOut(
        latex=prediction.latex,
        score=prediction.score,
        confidence=prediction.confidence,
        is_formula=prediction.is_formula,
        text=text,
        remark=remark,
        tokens=[TokenOut(text=token.text, probability=token.probability) for token in prediction.tokens],
        alternatives=[Alternative(latex=other.latex, score=other.score) for other in prediction.alternatives],
    )
