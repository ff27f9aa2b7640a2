from core.cluster import find_clusters
from core.cluster_names import name_clusters
from core.points import points_of
from core.projection import project

points = points_of(library, encoder)  # one for each picture and each whole video
places = project(points.vectors, method="umap")  # (n, 2)
clusters = find_clusters(points.vectors)
for number, name in enumerate(name_clusters(encoder, points.vectors, clusters)):
    print(f"{name.name or 'unnamed'}  {len(clusters.members(number))}")
