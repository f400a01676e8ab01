"""What a terminal would act upon, written so that it can be seen."""

from __future__ import annotations

import re

# Control characters, marks that turn the direction of writing, other breaks of a line, and halves of characters.
_ACTING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str, keep: str = "") -> str:
    """Text with what a terminal would act upon as escapes such as `\\x1b`, but for the characters in `keep`."""
    return _ACTING.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def _escape(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # how Python holds a byte of a file name that is no UTF-8
        number -= 0xDC00
    return _NAMED.get(character) or (f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}")


def json_escaped(text: str) -> str:
    """JSON with the same characters as escapes of JSON, so that it still says the same."""
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
