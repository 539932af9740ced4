"""What people read: reports as text tables and HTML pages."""
