"""What search finds: captions and photos, clips, moments, questions, several terms, all kinds at once."""
