"""Words of a text as the items of a layer that learns which word is next, or stands between others."""
