"""Open311 GeoReport v2: what apps and call centres of other cities speak, in JSON and in XML.

A service is a category of a campaign, a request a published proposal. Who files needs a key: an API
token that may write down what people say.
"""
