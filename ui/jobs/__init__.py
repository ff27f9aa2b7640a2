"""Work beside the pages: jobs of a library, tasks of a visit."""
