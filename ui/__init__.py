"""What the pages share: the open library and encoder, the gallery, background jobs. The only home of st.cache_*."""
