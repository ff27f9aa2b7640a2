from .encoders.base import Encoder as Encoder
from .encoders.prompts import embed_texts as embed_texts
from .encoders.registry import encoder_names as encoder_names
from .encoders.registry import open_encoder as open_encoder
from .errors import SemblanceError as SemblanceError
from .library.filters import Filters as Filters
from .library.ingest.run import IngestReport as IngestReport
from .library.ingest.run import ingest as ingest
from .library.schema import Item as Item
from .library.store import Library as Library
from .library.track import Track as Track
from .library.track import embed_video as embed_video
from .library.track import track_of as track_of
from .media.sampling import Sampling as Sampling
from .progress import Progress as Progress
from .search.images import Hit as Hit
from .search.images import SearchResult as SearchResult
from .search.images import search as search
from .search.moments import Moment as Moment
from .search.query import Term as Term
from .search.query import embed_query as embed_query
from .search.query import format_query as format_query
from .search.query import parse_query as parse_query
from .search.videos import VideoHit as VideoHit
from .search.videos import VideoResult as VideoResult
from .search.videos import search_videos as search_videos

__version__: str
