"""Is every secret found that stands in a text, and no other?"""

from __future__ import annotations

from random import Random

import pytest

from pipeline.inspection.readback.words import Search, bare, shortens


@pytest.mark.parametrize("seed", range(20))
def test_a_secret_is_found_wherever_it_stands_and_nowhere_else(seed: int) -> None:
    """Against a plain look at each text, with secrets that differ in a letter at their end."""
    random = Random(seed)
    letters = "abcdeäж1"

    def some(length: int) -> str:
        return "".join(random.choices(letters, k=length))

    secrets = {bare(some(random.choice((3, 12, 13, 40)))): f"secret {i}" for i in range(40)}
    texts = [some(random.choice((12, 30, 300))) for _ in range(30)]
    for secret in random.sample(sorted(secrets), 10):
        form = random.choice((secret, secret[::-1], secret[:-1] + "z"))
        texts.append(random.choice(("", some(20))) + form + random.choice(("", some(20))))
    search = Search(secrets)
    for number, text in enumerate(texts):
        search.add_text(f"text {number}", text)
    found = {(where, secret) for where, _, secret in search.hits()}
    looked = {bare(text): f"text {n}" for n, text in reversed(list(enumerate(texts)))}
    expected = {
        (where, original)
        for text, where in looked.items()
        for secret, original in secrets.items()
        if len(text) >= 12 and (secret in text or secret[::-1] in text)
    }
    assert found == expected
    assert expected


@pytest.mark.parametrize("texts", [[], ["another text altogether"]])
def test_where_nothing_stands_nothing_is_found(texts: list[str]) -> None:
    search = Search({"twelveletters": "Twelve letters", "ab": "a short one", "": "nothing"})
    for text in texts:
        search.add_text("page 1", text)
    assert [s for _, _, s in search.hits() if s != "nothing"] == []


@pytest.mark.parametrize(
    ("said", "heading"),
    [
        ("9 Fraud and smuggling", "9Fraudandsmugglingoftobaccoandothergoods"),
        ("11 Environment and nature", "11Crimeagainsttheenvironmentandnature"),
        ("Annex D Revisions", "AnnexDRevisionssincethepreviousround"),
    ],
)
def test_the_head_of_a_page_may_leave_words_out(said: str, heading: str) -> None:
    assert shortens(said, heading)


@pytest.mark.parametrize(
    ("said", "heading"),
    [
        ("1 Fraud", "12Fraudandsmuggling"),  # the number of another chapter
        ("Annex A Revisions", "AnnexDRevisionssincethepreviousround"),
        ("9 Smuggling and fraud", "9Fraudandsmuggling"),  # in another order
        ("9 Fraud and theft", "9Fraudandsmuggling"),  # another word
        ("9 Fraud 4711", "9Fraudandsmugglingin4711cases"),  # a number that is not its own
        ("Fraud", "9Fraudandsmuggling"),  # without its number
        ("9", "9Fraudandsmuggling"),
    ],
)
def test_it_says_nothing_else(said: str, heading: str) -> None:
    assert not shortens(said, heading)
