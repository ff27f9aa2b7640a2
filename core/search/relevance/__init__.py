"""Relevance, shown as "match": how probable it is that a hit is what the query means, and the line where doubt begins.

Cosines of dual encoders cannot be compared between queries, so each query is judged against reference queries: the same
sum of terms, with other words (or other images of the library) in their places.

For a text query, the log posterior counts: the log of the probability that this query, and no reference query,
describes the hit. It is a softmax over scores standardized per hit, so a photo that is near to any words gains nothing.
Reference queries that may be kinds of the query ("a beagle" for "a dog") are no rivals. Two questions follow:

- Is it there at all? The best of many items is high by chance. So the k-th best counts less ln(n / k) for n items, as
  in the false discovery rate [1]_, and the strongest rank decides: `presence`.
- Is it this one? What counts is how high the hit stands between chance and the best hit: `height`.

The match is the smaller of the two. For an image query, the level counts: how far the score lies above those of
reference queries. Logistic regressions turn all of them into probabilities. `core.encoders.calibration` has their
weights; `tools/fit_relevance.py` fits them, and `python -m core eval relevance` measures.

References
----------
.. [1] Benjamini and Hochberg 1995, "Controlling the false discovery rate"
"""

from core.search.relevance.classes import class_log_posterior, description_probability
from core.search.relevance.pictures import Copy
from core.search.relevance.posterior import weigh_rivals
from core.search.relevance.reading import LIKELY, Relevance

__all__ = ["LIKELY", "Copy", "Relevance", "class_log_posterior", "description_probability", "weigh_rivals"]
