from .annotations import Annotations as Annotations
from .library import Library as Library
from .manifest import MANIFEST_NAME as MANIFEST_NAME
from .tables import DamagedTable as DamagedTable
from .tables import TableFolder as TableFolder
from .tables import table_name as table_name
