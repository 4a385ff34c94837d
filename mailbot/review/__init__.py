"""What is held, asked or in the way, and a person's decision: by mail from an organiser, or on the terminal.

`asked` recognises an organiser's message and `carry_out` does what it wants; `carry_out_order` takes one order, as the
terminal gives it. This package never sends and never commits.

Inside: `orders` says what lines ask for (pure), `forwarded` finds the message that one passes on, `prepare` reads what
an order needs, `whom` says who is meant, `decide` carries out, `answers` recognises organisers' messages.
"""

from mailbot.review.answers import PASSED_ON, RULE, Asked, asked, carry_out, is_organiser
from mailbot.review.decide import carry_out as carry_out_order
from mailbot.review.orders import Order
from mailbot.review.orders import read as read_orders
from mailbot.review.prepare import Decider, Prepared, prepare

__all__ = [
    "PASSED_ON",
    "RULE",
    "Asked",
    "Decider",
    "Order",
    "Prepared",
    "asked",
    "carry_out",
    "carry_out_order",
    "is_organiser",
    "prepare",
    "read_orders",
]
