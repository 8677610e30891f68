"""Every variable of the environment."""

from dataclasses import dataclass

from pydantic import AliasChoices, SecretStr

from bot.settings import ProcessSettings
from tests.reference.markdown import code
from tests.reference.markdown import table as markdown_table


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable as it is documented. ``default`` is empty for none."""

    name: str
    default: str
    description: str


def all_variables() -> tuple[Variable, ...]:
    """Every variable there is, in the order it is documented."""
    return tuple(
        Variable(_name(field.validation_alias), _shown(field.default), field.description or "")
        for field in ProcessSettings.model_fields.values()
    )


def table() -> str:
    rows = ((code(each.name), code(each.default), each.description) for each in all_variables())
    return markdown_table(("Variable", "Default", "Meaning"), rows)


def _name(alias: object) -> str:
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else str(alias)


def _shown(default: object) -> str:
    if default is None:
        return ""
    return str(default.get_secret_value() if isinstance(default, SecretStr) else default)
