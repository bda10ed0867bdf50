"""Made-up products for OTTO's article numbers, the same for the same number."""

from __future__ import annotations

from dataclasses import dataclass

CURRENCY = "EUR"
_MATERIALS = ("Linen", "Oak", "Wool", "Steel", "Cotton", "Ceramic", "Leather", "Bamboo", "Glass", "Cork", "Velvet")
_THINGS = {
    "shirt": "clothing",
    "lamp": "home",
    "chair": "home",
    "kettle": "kitchen",
    "bag": "accessories",
    "rug": "home",
    "jacket": "clothing",
    "bowl": "kitchen",
    "clock": "home",
    "scarf": "clothing",
    "desk": "office",
    "mug": "kitchen",
    "belt": "accessories",
}


@dataclass(frozen=True)
class Product:
    """price: EUR, two decimals."""

    product_id: str
    name: str
    category: str
    price: float

    def line(self) -> dict[str, object]:
        """As one element of an order's `products`."""
        return {"product_id": self.product_id, "name": self.name, "price": self.price, "quantity": 1}


def product(article: int) -> Product:
    """The product behind an article number."""
    thing = list(_THINGS)[article // len(_MATERIALS) % len(_THINGS)]
    cents = 495 + article * 7919 % 180 * 100
    return Product(str(article), f"{_MATERIALS[article % len(_MATERIALS)]} {thing}", _THINGS[thing], cents / 100)
