"""Python code for a question to a library."""

from __future__ import annotations

from core import Encoder, Filters, Library
from core.ask import Reply
from core.policy import get_policy
from ui.snippets.search import filters_imports, filters_text
from ui.widgets.code_block import opening


def ask_lines(library: Library, encoder: Encoder, reply: Reply, filters: Filters, *, reader: str | None = None) -> str:
    """Code that prints the answers on the page. reader: the name of the model that read."""
    reads = "" if reader is None else f", reader=open_reader({get_policy().display_path(reader)!r})"
    after = f", after={reply.after!r}" if reply.after else ""
    return f"""{filters_imports(filters)}{opening(library, encoder)}
from core import Filters
from core.ask import {"ask" if reader is None else "ask, open_reader"}

reply = ask(library, encoder, {reply.question!r}{after}, filters={filters_text(filters)}{reads})
print("Found." if reply.found else "No answer found here.")
for answer in reply.answers:
    print(f"{{answer.match:.0%}} {{answer.item.path}} {{answer.passage.where}}: {{answer.sentence}}")
for hit in reply.pictures:
    print(f"{{hit.relevance:.0%}} {{hit.item.path}}")
for item, moment in reply.moments:
    print(f"{{moment.relevance:.0%}} {{item.path}} from {{moment.start_s:.1f}} s")
"""
