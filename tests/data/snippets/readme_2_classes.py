from core.classify import ClassName, ZeroShot
from core.classify_items import classify_library
from core.locate import locate
from core.query import Term

zero_shot = ZeroShot.of(encoder, [ClassName("a cat"), ClassName("a street", ("houses and cars", "people walking"))])
for told in classify_library(library, encoder, zero_shot):
    print(f"{told.label}  {told.fits:.2f}  {told.what}")
for sighting in locate(library, encoder, Term("image", "still.png")):  # which video holds this picture
    print(f"{sighting.item.path}  {sighting.time_s:.2f} s")
