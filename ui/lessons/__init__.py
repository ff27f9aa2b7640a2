"""The contents of the lessons: a picture and a sentence for each."""
