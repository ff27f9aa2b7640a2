from .library import build_sample as build_sample
from .library import sample_path as sample_path
from .reels import Reel as Reel
from .reels import reel_plan as reel_plan
from .reels import render_reels as render_reels
from .sources import sample_kinds as sample_kinds
from .sources import sample_sources as sample_sources
from .sources import sample_subjects as sample_subjects
