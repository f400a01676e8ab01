"""Text to tokens with character offsets: words, numbers, single Chinese and Japanese characters, punctuation marks.

The rules follow the Penn Treebank (clitics, brackets, quotes) where a text has spaces, so that text which is already
tokenised by spaces comes through nearly unchanged. Every character that is not whitespace belongs to exactly one token,
whatever the text. Time is linear in its length.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from spanloom.errors import DataError
from spanloom.inputs import Text, Token
from spanloom.text.counts import several

# Character classes, written as the inside of [...]. A word character is whatever stands in none of them, so letters,
# digits, combining marks, joiners and soft hyphens of any script stay inside their word.
HAN_AND_KANA = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
MARKS_ON_HAN = "\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
EMOJI = "\u2190-\u23ff\u2500-\u2bff\u3297\u3299\U0001f000-\U0001faff"
EMOJI_TAIL = "\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
PUNCTUATION = (
    r"!-/:-@\[-`{-~"  # ASCII
    "\u00a1-\u00a9\u00ab\u00ac\u00ae\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7"  # Latin-1
    "\u055a-\u055f\u0589\u05be\u05c3\u060c\u061b\u061f\u066a-\u066d\u06d4\u0964\u0965\u0f0d-\u0f12"  # other scripts
    "\u104a-\u104f\u1361-\u1368\u17d4-\u17da"
    "\u200b\u200e\u200f\u2010-\u205e\u2060-\u206f\ufeff"  # general punctuation, invisible marks between words
    "\u20a0-\u20cf\u2e00-\u2e7f\u3001-\u3004\u3008-\u3020\u3030\u303d\u30a0\u30fb"  # currency, East Asian marks
    "\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffee"
)
APOSTROPHE = "'\u2019"
HYPHEN = "-\u2010\u2011\u05be"
SIGN = "-+\u2212\u00b1"  # the minus sign is not the hyphen
REPEATED = "-.`'!?*_=~\u2013\u2014\u2026\u3002\uff01\uff1f\uff5e"
WORD = rf"[^\s{HAN_AND_KANA}{EMOJI}{PUNCTUATION}]"
LETTER = rf"[^\W\d_{HAN_AND_KANA}]"

# Abbreviations whose period is theirs even at the end of a sentence. Words that are also plain English (No., Mass.,
# Wash.) are left out: what follows decides for them.
ABBREVIATIONS = (
    "mr mrs ms dr st sr jr prof rev gov sen rep gen col lt capt maj sgt cpl adm hon messrs vs etc inc corp co ltd bros "
    "dept univ assn ave blvd mt ft jan feb apr aug sept sep oct nov dec calif fla conn tex va vt md pa ga ky tenn mich "
    "minn wis colo ariz ala ark okla neb nev mont wyo del ont que"
)

TOKEN = re.compile(
    rf"""
      -[LR][RCS]B-                                               # PTB brackets, -LRB-
    | (?:https?://|www\.)[^\s{HAN_AND_KANA}<>"]*[\w/]            # an address, without the punctuation after it
    | [{HAN_AND_KANA}][{MARKS_ON_HAN}]*                          # one Chinese or Japanese character
    | [\U0001f1e6-\U0001f1ff]{{2}}                                 # a flag
    | [{EMOJI}][{EMOJI_TAIL}]*+(?:\u200d[{EMOJI}][{EMOJI_TAIL}]*+)*+
    | (?: (?:{LETTER}{{1,2}}\.){{2,}}+                           # U.S.  p.m.  Ph.D.
        | (?i:{"|".join(ABBREVIATIONS.split())})\.               # Inc.  St.
        | [A-Z]\.(?=\s\S)                                        # an initial: J. Smith
        | [Nn]o\.(?=\s?\d)                                       # No. 5
        | {LETTER}{{1,9}}\.(?=\s[,;:.?!])                        # a period before another mark: Wash. ,
      )(?!-?{WORD})
    | [{APOSTROPHE}](?i:s|re|ve|ll|d|m|em|n[{APOSTROPHE}]?|til|tis|twas|\d\ds?)(?!{WORD})  # 's  'em  '90s
    | (?:(?<!\S)(?:[{SIGN}]\.?|\.)(?=\d))?                       # a sign belongs to the number that begins here
      {WORD}++
      (?: (?: \.?[{HYPHEN}] | [{APOSTROPHE}.&/_@\u00b7] | \\/ | (?<=\d)[,:](?=\d) ) {WORD}++ )*+
      (?: (?<=\d)[%‰‱] | (?<=[A-Za-z])(?:\+\+|\#)(?!{WORD}) )?   # 50%  C++  C#
    | (?P<run>[{REPEATED}])(?P=run)*+                            # -- `` '' ... are one token
    | \S
    """,
    re.VERBOSE,
)
INVISIBLE = frozenset(("Cc", "Cf", "Zl", "Zp", "Zs"))  # Unicode's controls, marks without width, and spaces
CLITICS = frozenset(("s", "re", "ve", "ll", "d", "m"))


def tokenize(text: str) -> tuple[Token, ...]:
    """The tokens of a text, in order. Every character that is not whitespace stands in exactly one of them."""
    tokens: list[Token] = []
    for match in TOKEN.finditer(text):
        start, end = match.span()
        word = match.group()
        if end - start > 2 and ("'" in word or "\u2019" in word):
            tokens.extend(_without_clitics(word, start))
        else:
            tokens.append(Token(word, start, end))
    return tuple(tokens)


def _without_clitics(word: str, start: int) -> Iterator[Token]:
    """Split `Ethiopia's` and `couldn't've` as the Penn Treebank does; other apostrophes (`O'Neill`) are left alone."""
    cuts = [len(word)]
    while (cut := _clitic(word, cuts[-1])) is not None:
        cuts.append(cut)
    cuts.append(0)
    for end, begin in zip(cuts[-2::-1], cuts[:0:-1], strict=True):
        yield Token(word[begin:end], start + begin, start + end)


def _clitic(word: str, end: int) -> int | None:
    """Where the clitic that ends `word[:end]` begins, or None. A clitic alone is not split."""
    window = max(0, end - 3)  # an apostrophe and two letters, the longest
    apostrophe = max(word.rfind("'", window, end), word.rfind("\u2019", window, end))
    ending = word[apostrophe + 1 : end].lower()
    if apostrophe > 0 and ending in CLITICS:
        return apostrophe
    if apostrophe > 1 and ending == "t" and word[apostrophe - 1] in "nN":
        return apostrophe - 1
    return None


def one_text(given: str | Sequence[str]) -> Text:
    """A user's text with its tokens. Raises DataError for several texts, which only a model of pairs reads."""
    if not isinstance(given, str):
        raise DataError("predict", f"{several(len(given), 'text')} together", "one text", "Give each text by itself.")
    return Text(given, tokenize(given))


def is_visible(text: str) -> bool:
    """Whether there is anything in a text that a reader sees."""
    return not all(unicodedata.category(character) in INVISIBLE for character in text)


def covering(tokens: Sequence[Token], start: int, end: int) -> tuple[int, int] | None:
    """The half-open token range that covers `text[start:end]` exactly, or None where an end cuts a token."""
    first = bisect_left(tokens, start, key=_start)
    last = bisect_left(tokens, end, lo=first, key=_end)
    if first > last or last >= len(tokens) or tokens[first].start != start or tokens[last].end != end:
        return None
    return first, last + 1


def _start(token: Token) -> int:
    return token.start


def _end(token: Token) -> int:
    return token.end
