from .cache import is_as_indexed as is_as_indexed
from .clips import cut_clip as cut_clip
from .clips import playable_clip as playable_clip
from .thumbnails import make_storyboard as make_storyboard
from .thumbnails import make_thumbnail as make_thumbnail
