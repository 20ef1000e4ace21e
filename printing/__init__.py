"""What leaves the screen: QR codes, posters and cards as PDF, pictures for chat previews.

Sheets are laid out by Typst from templates in ``printing/sheets``; every word of a campaign reaches
them as data (JSON), never as part of a template. What is printed is chosen elsewhere.
"""
