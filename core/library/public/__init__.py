"""What a server for strangers hands out: files, copies without places, ids that tell nothing, folders of a visit."""
