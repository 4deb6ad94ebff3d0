"""What each platform wants of a release: a file a platform, ``files(source) -> files by path``."""
