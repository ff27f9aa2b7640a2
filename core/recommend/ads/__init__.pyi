from .campaigns import Campaign as Campaign
from .campaigns import load_example_campaigns as load_example_campaigns
from .campaigns import read_campaigns as read_campaigns
from .matching import CAP as CAP
from .matching import Ad as Ad
from .matching import Embedded as Embedded
from .matching import choose_ad as choose_ad
from .matching import embed_campaigns as embed_campaigns
