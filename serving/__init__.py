"""Everything round the model that people use: formats, safe opening of pictures, the HTTP service, the page."""
