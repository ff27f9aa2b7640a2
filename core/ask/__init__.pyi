from .answers import ask as ask
from .examples import suggest_questions as suggest_questions
from .follow_up import leans_on_last as leans_on_last
from .reader import AnswerReader as AnswerReader
from .reader import Reading as Reading
from .reader import open_reader as open_reader
from .reply import Answer as Answer
from .reply import Reply as Reply
