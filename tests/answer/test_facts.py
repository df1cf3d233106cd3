"""Numbers, dates, names and quotes: what is written differently and means the same, and what does not."""

from __future__ import annotations

import pytest

from ragdesk.answer.facts import facts_of, held_by, missing


def lacking(claim: str, passage: str) -> list[str]:
    return [one.written for one in missing(facts_of(claim), held_by(passage))]


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("It cost 1,000 dollars.", "The price was 1000 dollars."),
        ("It cost 1 000 dollars.", "The price was a thousand dollars, or 1.000 as they write it."),
        ("Fees rose by 5 %.", "Fees rose by five percent."),
        ("2.5 million people live there.", "It has 2,500,000 inhabitants."),
        ("They raised $3bn.", "They raised 3 billion dollars."),
        ("In FY2018 it grew.", "It grew in fiscal 2018."),
        ("It opened on 2018-03-04.", "It opened on March 4, 2018."),
        ("It opened on 4 March 2018.", "It opened on 04.03.2018."),
        ("It opened in March 2018.", "It opened on the 4th of March 2018."),
        ("It grew in Q3.", "It grew in the third quarter."),
        ("Twenty-one men came.", "21 men came."),
        ("About 250 metres are left.", "253 metres are left."),
        ("In the 1990s it closed.", "It closed in 1990."),
        ("The WHO said so.", "The World Health Organization said so."),
        ("It belongs to France.", "It is French."),
        ("She met Marta Veselá.", "She met Marta Vesela."),
        ("See form A-113.", "See form A113."),
        ("It says “never give up” there.", "It says never  give\nup there."),
        ("Die Frist beträgt zwölf Monate.", "Die Frist beträgt 12 Monate."),
    ],
)
def test_what_is_written_in_another_way_is_held(claim: str, passage: str) -> None:
    assert lacking(claim, passage) == []


@pytest.mark.parametrize(
    ("claim", "passage", "lacks"),
    [
        ("The berth measures 213 metres.", "The berth measures 212 metres.", ["213"]),
        ("It opened in April 2018.", "It opened in March 2018.", ["April"]),
        ("It opened on 5 March.", "It opened on 4 March.", ["5 March"]),
        ("It opened in 2019.", "It opened in 2018.", ["2019"]),
        ("About 1987 it closed.", "It closed in 1990.", ["1987"]),
        ("She met Josef Brandl.", "She met Marta Veselá.", ["Josef", "Brandl"]),
        ("See form A-114.", "See form A113.", ["A-114"]),
        ("It says “give up” there.", "It says never give in.", ["give up"]),
        ("They raised 3 billion.", "They raised 3 million.", ["3 billion"]),
        ("The notice period is three months.", "The notice period is two months.", ["three"]),
    ],
)
def test_what_means_something_else_is_missing(claim: str, passage: str, lacks: list[str]) -> None:
    assert lacking(claim, passage) == lacks


def test_the_number_of_a_list_item_and_the_first_word_are_no_facts() -> None:
    facts = facts_of("2. Boats pay nothing.")
    assert (facts.numbers, facts.names) == ((), ())
