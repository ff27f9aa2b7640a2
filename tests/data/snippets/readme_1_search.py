from core import Library, ingest, open_encoder, parse_query, search, search_videos

encoder = open_encoder()  # or "openai/clip-vit-base-patch32", or a folder
library = Library("my-library", create=True)
report = ingest(library, encoder, ["photos", "clips"], on_progress=lambda p: print(p.done, p.total))
result = search(library, encoder, parse_query("2:beach + ./photo.jpg - people"))
for hit in result.hits[: result.cutoff]:  # the likely ones
    print(f"{hit.relevance:.2f}  {hit.item.path}")
for hit in search_videos(library, encoder, parse_query("a cat jumping")).hits:
    for moment in hit.moments:
        print(f"{moment.relevance:.2f}  {hit.item.path}  {moment.start_s:.1f} to {moment.end_s:.1f} s")
