"""Other libraries' model files, checked before the library reads them."""
