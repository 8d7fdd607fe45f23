"""What is known about shops, events and Klaviyo's metrics, and how many events prove something?

Source: Klaviyo's guide for platforms without a pre-built integration, and its shop connectors.
"""

from __future__ import annotations

from typing import Final

from walkeros_klaviyo.core.klaviyo.traits import WIRE

KLAVIYO: Final = (
    *("Active on Site", "Viewed Product", "Added to Cart", "Started Checkout", "Checkout Started"),
    *("Placed Order", "Ordered Product", "Fulfilled Order", "Fulfilled Partial Order"),
    *("Confirmed Shipment", "Delivered Shipment", "Marked Out for Delivery"),
    *("Canceled Order", "Cancelled Order", "Refunded Order"),
    *("Subscribed to List", "Unsubscribed from List"),
)
"""Metrics that Klaviyo's own flows, reports and templates use, in their exact spelling."""
ORDER: Final = "Placed Order"
REFUND: Final = "Refunded Order"
REVERSALS: Final = ("Canceled Order", "Cancelled Order", REFUND)
"""Metrics that reverse an order."""

_OTHERS: Final = {
    ORDER: "ordercompleted completedorder purchase purchased completepayment transaction "
    "ordercreated orderconfirmed orderpaid checkoutcompleted productpurchased",
    "Added to Cart": "productadded addtocart additemtocart",
    "Started Checkout": "begincheckout initiatecheckout initiatedcheckout",
    "Viewed Product": "viewitem viewcontent",
    REFUND: "orderrefunded refund",
}
OTHERS: Final = {name: metric for metric, names in _OTHERS.items() for name in names.split()}
"""Other tools' names for Klaviyo's metrics, normalised. Source: Segment, GA4, Meta."""
RETIRED: Final = {
    "$value": "settings.value of the rule",
    "$currency_code": "settings.currency",
    "$event_id": "settings.uniqueId of the rule",
    "$email": "settings.email",
    "$id": "settings.externalId",
    "$phone_number": "settings.phoneNumber",
    "$exchange_id": "settings.kx",
    **{
        f"${WIRE.get(one, one)}": f"settings.identify.map.{one}"
        for one in ("firstName", "lastName", "organization", "title", "image")
    },
    **{
        f"${one}": f"settings.identify.map.location.map.{one}"
        for one in ("city", "region", "country", "zip")
    },
}
"""Fields of Klaviyo's former Track and Identify API, with their present names."""
ACTIONS: Final = {
    "order": "complete completed place placed purchase paid buy bought order ordered",
    "cancel": "cancel canceled cancelled cancellation void",
    "refund": "refund refunded return returned",
    "view": "view viewed show",
    "add": "add added update",
    "remove": "remove removed delete",
    "start": "start started begin",
    "fulfill": "fulfill fulfilled ship shipped deliver delivered",
}
"""The meaning of an event's action."""
NO_ORDERS: Final = (
    "page listing category search wishlist article video user account session newsletter review"
).split()
"""Entities whose events are orders only if their action says so."""
SHIPMENTS: Final = "delivery shipment shipping parcel package fulfillment".split()
"""Entities that follow an order: here `complete` means delivered."""
MEANS: Final = {
    ORDER: "order",
    "Canceled Order": "cancel",
    "Cancelled Order": "cancel",
    REFUND: "refund",
    "Viewed Product": "view",
    "Added to Cart": "add",
    "Started Checkout": "start",
    "Checkout Started": "start",
    "Fulfilled Order": "fulfill",
}
"""The meaning of each metric."""

AGAIN: Final = (
    *("Viewed Product", "Added to Cart", "Started Checkout", "Checkout Started"),
    "Ordered Product",
)
"""Metrics that a visitor may have repeatedly for the same thing."""
OF_ONE_EVENT: Final = (
    "id timestamp timing trigger count name action source.count source.trace"
).split()
"""Parts of an event that differ between a visitor's events."""
NO_PERSONS: Final = "group entity trigger source.id source.url source.type".split()
"""Parts that identify a page or what happened on it."""
OF_A_DEVICE: Final = "user.device user.session user.hash user.userAgent".split()
"""Parts that identify a browser."""
OF_MANY_EVENTS: Final = (
    "name entity action trigger group source.url source.type source.id globals.lang "
    "globals.language globals.market globals.country globals.currency globals.locale user.id "
    "user.email user.phone user.language user.device user.session user.hash user.userAgent"
).split()
"""Parts that many events of a visitor share."""
NEW_EACH_TIME: Final = tuple(one for one in OF_ONE_EVENT if one not in OF_MANY_EVENTS)
"""Parts that change even when the same page is reloaded."""

TAKEN_OFF: Final = "what was taken off"
PARTS: Final = {
    "what the way to the customer costs": "shipping delivery postage freight handling carriage "
    "versand porto lieferung livraison envio spedizione",
    TAKEN_OFF: "discount discounts rebate reduction saving savings saved voucher coupon rabatt "
    "nachlass remise descuento sconto",
    "the tax": "tax taxes vat gst duty duties mwst ust steuer tva iva moms",
    "a fee": "fee fees surcharge commission",
    "the tip": "tip tips gratuity trinkgeld",
}
"""What is paid beside other things, or not at all, by the words that name it."""
CENTS: Final = frozenset("cent cents minor pence rappen centimes centavos ore öre".split())
"""Words that name an amount in hundredths."""
COUNTS: Final = (
    "count quantity qty units pieces items lines products length anzahl menge cantidad nombre "
    "seats tickets guests persons people nights licenses places positions size month year"
).split()
"""Words that name quantities."""
PIECES: Final = "first last item unit piece per each single line product".split()
"""Words that suggest a unit price."""
SUMS: Final = (
    "total subtotal amount gross net sum price value cost revenue goods paid refund refunded"
).split()
"""Words that name amounts."""
BETWEEN: Final = (
    "with incl included including inclusive in inc and plus free ex excl excluded excluding "
    "exclusive without less minus after before pre post"
).split()
"""Words with which a total says what it includes: `totalWithTax`."""
NO_AMOUNTS: Final = (
    "points score stars rating percent percentage weight minutes hours duration distance"
).split()
"""Words that name something other than money."""
INSTALMENTS: Final = "deposit advance instalment installment monthly mrr rate due".split()
"""Words that name partial payments."""
UNPAID: Final = "view viewed show search impression scroll hover compare".split()
"""Actions in which nothing is paid or promised."""
CARTS: Final = "cart basket bag trolley checkout order quote invoice booking payment".split()
"""Entities that have an amount whatever the action."""
PAID: Final = (
    "paid pay payment purchase buy bought complete completed order place placed sale sell sold "
    "donate renew renewed charge charged settle settled book booked"
).split()
"""Actions in which money comes in, if the event has an amount."""

MOSTLY: Final = 0.5
"""The share of bad events above which the configuration is to blame."""
FEW: Final = 3
"""Fewer events than this prove nothing."""
VISIT_MS: Final = 30 * 60 * 1000
"""Milliseconds within which the same page counts as reloaded."""
YEAR_MS: Final = 365 * 86_400_000
"""Milliseconds after which an event is history."""
