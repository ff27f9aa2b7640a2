from pathlib import Path

from core import Library, open_encoder
from core.recommend.feed import recommend
from core.recommend.items import names_of
from core.recommend.learned import learn_from_log
from core.recommend.log import read_log

library, encoder = Library("my-library"), open_encoder()
names = names_of(library)  # ids, paths and file names
liked = [names["dog.jpg"], names["hills.jpg"]]
learned = learn_from_log(library, encoder, read_log(Path("log.csv")))
for each in recommend(library, encoder, liked, behaviour=learned.scores(liked), mix=0.5).recommendations:
    print(each.item.path, each.by, each.because)
