from .columns import Columns as Columns
from .columns import choose_columns as choose_columns
from .columns import possible_columns as possible_columns
from .ingest import DatasetReport as DatasetReport
from .ingest import index_dataset as index_dataset
from .ingest import list_dataset_names as list_dataset_names
