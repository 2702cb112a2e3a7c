"""The words of tables of keys."""

from __future__ import annotations

from collections.abc import Mapping

HEAD: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "keys": {"en": ("key", "type", "required", "meaning"), "ko": ("key", "type", "필수", "뜻")},
    "types": {"en": ("type", "what it is", "meaning"), "ko": ("type", "무엇인가", "뜻")},
}
SHARED = {"en": "Types that several keys share", "ko": "여러 key가 함께 쓰는 type"}
READING = {
    "en": (
        "In the tables `a.b` is the key `b` of the mapping `a`, `a[].b` that of each entry of the list `a`, and `a.*`"
        " each value of the mapping `a`, whatever its key. A mapping has no other keys than those told, and {rule},"
        " unless it is said otherwise."
    ),
    "ko": (
        "표에서 `a.b`는 mapping `a`의 key `b`, `a[].b`는 list `a`의 각 항목의 key `b`이고, `a.*`는 key가 무엇이든"
        " mapping `a`의 각 값이다. 따로 적혀 있지 않으면 mapping에는 표에 있는 key만 있고 {rule}. 뜻은 schema에 적힌"
        " 글 그대로여서 영어이다."
    ),
}
FILLED = {"en": "texts and lists are not empty", "ko": "text와 list는 비어 있지 않다"}
EMPTY = {"en": "texts and lists may be empty", "ko": "text와 list는 비어 있을 수 있다"}
WORDS = {
    "yes": {"en": "yes", "ko": "예"},
    "keys": {"en": "Keys:", "ko": "key:"},
    "any": {"en": "anything", "ko": "무엇이든"},
    "or": {"en": " or ", "ko": " 또는 "},
    "string": {"en": "text", "ko": "text"},
    "integer": {"en": "integer", "ko": "정수"},
    "number": {"en": "number", "ko": "수"},
    "boolean": {"en": "`true` or `false`", "ko": "`true` 또는 `false`"},
    "mapping": {"en": "mapping", "ko": "mapping"},
    "any mapping": {"en": "mapping with any keys", "ko": "mapping, 아무 key나 됨"},
    "others": {"en": ", other keys too", "ko": ", 다른 key도 됨"},
    "mapping to": {"en": "mapping to {inner}", "ko": "mapping, 값은 {inner}"},
    "list": {"en": "list", "ko": "list"},
    "list of": {"en": "list of {inner}", "ko": "list, 항목은 {inner}"},
    "empty": {"en": ", may be empty", "ko": ", 비어도 됨"},
    "filled": {"en": ", not empty", "ko": ", 비지 않음"},
    "entries": {"en": ", {count} entries", "ko": ", {count}개"},
    "at least": {"en": ", at least {count} entries", "ko": ", {count}개 이상"},
    "unique": {"en": ", no two alike", "ko": ", 서로 다름"},
}
