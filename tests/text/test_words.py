"""Tokens: hand-worked sentences, and the law that every visible character belongs to exactly one token."""

from __future__ import annotations

import random

import pytest

from spanloom.text.words import covering, tokenize

PLAIN = [
    ("Lena moved to Iceland.", "Lena|moved|to|Iceland|."),
    ("Ethiopia's rivers don't freeze.", "Ethiopia|'s|rivers|do|n't|freeze|."),
    ("Ethiopia\u2019s DON\u2019T", "Ethiopia|\u2019s|DO|N\u2019T"),
    ("They couldn't've known", "They|could|n't|'ve|known"),
    ("O'Neill met the d'Arcy twins' aunt", "O'Neill|met|the|d'Arcy|twins|'|aunt"),
    ("a New-York co-op, U.S.-led (mostly)", "a|New-York|co-op|,|U.S.-led|(|mostly|)"),
    ("He left the U.S. at 5 p.m. with J. Ruiz", "He|left|the|U.S.|at|5|p.m.|with|J.|Ruiz"),
    ("Vitamin C.", "Vitamin|C|."),
    ("Dr. Ng of Orchard Inc. lives in St. Ives.", "Dr.|Ng|of|Orchard|Inc.|lives|in|St.|Ives|."),
    ("No. 5 said no. Yes", "No.|5|said|no|.|Yes"),
    ("1,460; 3.5; 50% at 7:30, -4.2 or 3-2", "1,460|;|3.5|;|50%|at|7:30|,|-4.2|or|3-2"),
    ('"Stop!" she said -- twice...', '"|Stop|!|"|she|said|--|twice|...'),
    ("Ask a.b@c.org, or http://x.org/a_b?c=1.", "Ask|a.b@c.org|,|or|http://x.org/a_b?c=1|."),
    ("C++ and C# are old", "C++|and|C#|are|old"),
    ("'em and 'n' and 'quoted'", "'em|and|'n'|and|'|quoted|'"),
]
TOKENISED = "`` The Gate ' '' -LRB- a U.S. map , Vt. , etc. , 9\\/11 and Ms. Ito 's -RRB- is n't -- 1,200 F.C. ."
MIXED = [
    ("陈莉在Paris创办了Blue-Sky公司。", "陈|莉|在|Paris|创|办|了|Blue-Sky|公|司|。"),
    ("2019年增长3.5%，共1,200人", "2019|年|增|长|3.5%|，|共|1,200|人"),  # noqa: RUF001 - the full-width comma is meant
    ("東京タワーへ", "東|京|タ|ワ|ー|へ"),
    ("안나는 서울에 산다", "안나는|서울에|산다"),
    ("か\u3099", "か\u3099"),
    ("cafe\u0301 nai\u0308ve", "cafe\u0301|nai\u0308ve"),
    ("co\u00adop", "co\u00adop"),
    ("a\u200bb", "a|\u200b|b"),
    ("שלום, עולם!", "שלום|,|עולם|!"),
    ("हिन्दी में।", "हिन्दी|में|।"),
    ("ok👩\u200d👩\u200d👧🇫🇷👍🏽!", "ok|👩\u200d👩\u200d👧|🇫🇷|👍🏽|!"),
]


@pytest.mark.parametrize(("text", "expected"), PLAIN + MIXED)
def test_hand_worked(text: str, expected: str) -> None:
    assert [token.text for token in tokenize(text)] == expected.split("|")


def test_text_tokenised_by_spaces_comes_through() -> None:
    assert [token.text for token in tokenize(TOKENISED)] == TOKENISED.split(" ")


@pytest.mark.parametrize("seed", range(20))
def test_every_visible_character_is_in_exactly_one_token(seed: int) -> None:
    random_ = random.Random(seed)
    alphabet = "aZ9é中か́\u200d\u200b\u00ad\u202e\ufe0f\u3099😀👩🇫'’.,-/%$`\"()#@_ \t\n\u2028\x00\x1fא\ud800"  # noqa: RUF001
    text = "".join(
        random_.choice(alphabet) if random_.random() < 0.8 else chr(random_.randrange(0x110000)) for _ in range(2000)
    )
    tokens = tokenize(text)
    covered = [place for token in tokens for place in range(token.start, token.end)]
    assert covered == sorted(set(covered))
    assert {place for place, character in enumerate(text) if not character.isspace()} == set(covered)
    assert all(text[token.start : token.end] == token.text for token in tokens)


@pytest.mark.parametrize("unit", ["a", "a.", "a'", "-", "'s", "x'm", "http://,", "a.-", "\u200d😀", "1,", "n't", "\\/"])
def test_a_long_repetition_is_no_trap(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    assert "".join(token.text for token in tokenize(text)) == text


def test_only_whitespace_has_no_tokens() -> None:
    assert tokenize("") == tokenize(" \t\u3000\n") == ()


def test_covering_finds_exactly_the_token_boundaries() -> None:
    text = "Lena's 3 co-ops, 北京."
    tokens = tokenize(text)
    starts, ends = {token.start: n for n, token in enumerate(tokens)}, {t.end: n for n, t in enumerate(tokens, 1)}
    for start in range(-1, len(text) + 2):
        for end in range(-1, len(text) + 2):
            inside = start in starts and end in ends and start < end
            assert covering(tokens, start, end) == ((starts[start], ends[end]) if inside else None), (start, end)
    assert covering((), 0, 1) is None
