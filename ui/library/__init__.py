"""The page Library: add files, manage, import and export."""
