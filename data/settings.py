"""Settings of one's own that are checked when they are made; what makes no sense is one sentence."""

import re
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator

from .errors import ConfigError, did_you_mean

WITH_COMMAS = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")


class Settings(BaseModel):
    """Frozen values; a ConfigError names the first that is unknown or wrong, and what it should be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="wrap")
    @classmethod
    def _in_a_sentence(cls, values: Any, check: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return check(values)
        except ValidationError as error:
            raise ConfigError(_sentence(cls, error)) from None


def _sentence(cls: type[BaseModel], error: ValidationError) -> str:
    first = error.errors()[0]
    known, where = sorted(cls.model_fields), ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return f"there is no option {where!r}{did_you_mean(where, known)}; options are {', '.join(known)}"
    given = first.get("input")
    commas = isinstance(given, str) and WITH_COMMAS.fullmatch(given.strip())
    mend = "; write the number without commas" if commas else ""
    field = cls.model_fields.get(where)
    about = f"; it is {field.description}" if field is not None and field.description and not mend else ""
    return f"{where}: {first['msg']} (got {given!r}){mend}{about}"
