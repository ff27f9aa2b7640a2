from .refusals import NO_LIMITS as NO_LIMITS
from .refusals import Limits as Limits
from .refusals import TableLimits as TableLimits
from .table_reader import FILES as FILES
from .table_reader import PeoplesTable as PeoplesTable
from .table_reader import read_lines as read_lines
from .table_reader import read_table as read_table
