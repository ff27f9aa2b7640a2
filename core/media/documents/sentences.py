"""Where the sentences of a text begin and end."""

from __future__ import annotations

from core.media.documents.passages import LONGEST_BLOCK


def find_sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence of a text begins and ends, in characters, without blank space around it.

    Parameters
    ----------
    text : str
        Cut after 20,000 characters, from which on the splitter is slow.

    Returns
    -------
    list of (int, int)
        Parts without a letter or a digit are left out.
    """
    import sentencex

    found = []
    for boundary in sentencex.get_sentence_boundaries("en", text[:LONGEST_BLOCK]):
        start, words = boundary["start_index"], boundary["text"]
        if any(character.isalnum() for character in words):
            start += len(words) - len(words.lstrip())
            found.append((start, start + len(words.strip())))
    return found
