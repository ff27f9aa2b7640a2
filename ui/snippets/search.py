"""Python code for a search: its query, filters and options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from core import Encoder, Filters, Library, Term, format_query
from core.search.combine import COMBINATIONS
from ui.widgets.code_block import opening
from ui.widgets.filters import Options, VideoOptions
from ui.widgets.query.box import UPLOADED


def search_lines(library: Library, encoder: Encoder, terms: Sequence[Term], filters: Filters, options: Options) -> str:
    """Code that finds the pictures on the page."""
    call = f"search(library, encoder, query, top_k={options.top_k}, filters={filters_text(filters)}"
    call += "" if options.fold else ", fold_duplicates=False"
    call += "" if options.captions else ", captions=False"
    return f"""{_query_lines(library, encoder, "search", terms, filters)}
result = {call}{_options(options)})
for hit in result.hits:
    if hit.is_certain:
        print(f"{{hit.relevance:.0%}} {{hit.score:.3f}} {{hit.item.path}}")
"""


def video_lines(
    library: Library,
    encoder: Encoder,
    terms: Sequence[Term],
    filters: Filters,
    options: VideoOptions,
    pooling: str,
) -> str:
    """Code that finds the videos and moments on the page."""
    call = f"search_videos(library, encoder, query, top_k={options.top_k}, filters={filters_text(filters)}"
    return f"""{_query_lines(library, encoder, "search_videos", terms, filters)}
result = {call}, pooling={pooling!r}{_options(options)})
for hit in result.hits:
    if hit.is_certain:
        print(f"{{hit.relevance:.0%}} {{hit.item.path}}")
        for moment in hit.moments:
            print(f"    {{moment.start_s:.1f}} to {{moment.end_s:.1f}} s, {{moment.relevance:.0%}}")
"""


def filters_text(filters: Filters) -> str:
    """Filters as Python code, without unset ones."""
    values = [(field.name, getattr(filters, field.name)) for field in fields(filters)]
    return f"Filters({', '.join(f'{name}={value!r}' for name, value in values if value is not None)})"


def filters_imports(filters: Filters) -> str:
    """Imports that the code of filters needs besides `Filters`."""
    return "import datetime\n" if filters.after or filters.before else ""


def _query_lines(library: Library, encoder: Encoder, call: str, terms: Sequence[Term], filters: Filters) -> str:
    typed = format_query([term for term in terms if term.kind not in UPLOADED])
    uploads = [term for term in terms if term.kind in UPLOADED]
    parts = [f"parse_query({typed!r})"] if typed else []
    parts += [f"(Term({term.kind!r}, Path({_file(term)!r}).read_bytes(), {term.weight!r}),)" for term in uploads]
    imports = filters_imports(filters) + ("from pathlib import Path\n" if uploads else "")
    names = ", ".join(sorted(["Filters", *(["Term"] if uploads else []), "parse_query", call]))
    return f"""{imports}{opening(library, encoder)}
from core import {names}

query = {" + ".join(parts)}"""


def _file(term: Term) -> str:
    return "my-clip.mp4" if term.kind == "clip" else "my-picture.jpg"


def _options(options: Options | VideoOptions) -> str:
    templates = "" if options.templates is None else f", templates={options.templates!r}"
    return templates + ("" if options.combine == COMBINATIONS[0] else f", combine={options.combine!r}")
