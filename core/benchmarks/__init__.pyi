from .map import bench_map as bench_map
from .recommend import bench_recommend as bench_recommend
