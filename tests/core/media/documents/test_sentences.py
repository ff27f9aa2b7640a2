"""Where sentences begin and end."""

from core.media.documents.sentences import find_sentences


def test_sentences_have_places_without_blank_space() -> None:
    text = "Dr. Quill built it.  She was thirty!\n\n* * *\n\nThe end"
    assert [text[start:end] for start, end in find_sentences(text)] == [
        "Dr. Quill built it.",
        "She was thirty!",
        "The end",
    ]
    assert find_sentences("") == find_sentences(" \n ") == []
