"""Names that several things share are never shown without the id."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from core.domain.display_names import told_apart, without_id

ALIKE = ("Development", "development", "Development ", "Ｄevelopment", "Dev\u00e9", "Deve\u0301", "Prod", "prod (1)")
known = st.dictionaries(st.integers(1, 9).map(str), st.sampled_from(ALIKE) | st.text(max_size=4), max_size=8)


@given(known)
def test_of_two_that_look_alike_each_has_its_id_behind_it(names: Mapping[str, str]) -> None:
    labels = told_apart(names)
    assert set(labels) == set(names)
    for one, label in labels.items():
        assert label in {names[one], f"{names[one]} ({one})"}
        assert without_id(label, one) in {names[one], without_id(names[one], one)}
        others = [names[other] for other in names if other != one]
        if names[one] in others:
            assert label == f"{names[one]} ({one})"


def test_case_spaces_and_composition_make_no_difference() -> None:
    names = {"1": "Development", "2": " development", "3": "\u00c5land", "4": "A\u030aland", "5": "Prod"}
    assert list(told_apart(names).values()) == [
        "Development (1)",
        " development (2)",
        "\u00c5land (3)",
        "A\u030aland (4)",
        "Prod",
    ]
