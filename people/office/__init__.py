"""Who asks and who answers here: the office, and what every page, letter, sheet and file names.

``office.office_of(session, settings)`` reads it inside a transaction, ``office.current_office`` for
a page, ``office.known_office`` without asking the database. Administrators change it.
"""
