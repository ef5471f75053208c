"""The shop's database: products, carts and orders in SQLite, behind a pool that is small enough to be exhausted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    CursorResult,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.pool import QueuePool

from vedette.integrations.sqlalchemy import attach

__all__ = ["PRODUCTS", "Store"]

PRODUCTS = {
    f"{kind}-{colour}": (f"{colour.capitalize()} {kind}", price)
    for kind, price in (("lamp", 4900), ("chair", 12900), ("desk", 34900), ("shelf", 8900), ("rug", 15900))
    for colour in ("oak", "white", "black", "green")
}
"""SKU → name and price in cents."""

# A demo may run for days; old orders make room for new ones.
_KEPT = 5000

_schema = MetaData()
_products = Table(
    "products", _schema, Column("sku", String, primary_key=True), Column("name", String), Column("cents", Integer)
)
_items = Table(
    "cart_items",
    _schema,
    Column("cart", String, primary_key=True),
    Column("sku", ForeignKey("products.sku"), primary_key=True),
    Column("count", Integer, nullable=False),
)
_orders = Table(
    "orders",
    _schema,
    Column("id", Integer, primary_key=True),
    Column("cents", Integer, nullable=False),
    Column("state", String, nullable=False),
)

# Made once: an expression takes longer to make than to execute.
_SKU, _CART, _NUMBER = bindparam("sku_"), bindparam("cart_"), bindparam("number_")
_ALL = select(_products).order_by(_products.c.sku)
_ONE = select(_products).where(_products.c.sku == _SKU)
_ADD = (
    upsert(_items)
    .on_conflict_do_update(
        index_elements=[_items.c.cart, _items.c.sku], set_={"count": _items.c.count + upsert(_items).excluded.count}
    )
    .returning(_items.c.count)
)
_VALUE = (
    select(func.sum(_products.c.cents * _items.c.count))
    .select_from(_items.join(_products))
    .where(_items.c.cart == _CART)
)
_EMPTY = delete(_items).where(_items.c.cart == _CART)
_PLACE = insert(_orders)
_FORGET = delete(_orders).where(_orders.c.id <= _NUMBER)
_FIND = select(_orders).where(_orders.c.id == _NUMBER)
_SHIP = update(_orders).where(_orders.c.id == _NUMBER).values(state="shipped")


class Store:
    """What the shop asks its database.

    Args:
        url: of a SQLite file.
        pool_size: connections in the pool; it opens no others.
        pool_timeout: seconds to wait for one.
    """

    def __init__(self, url: str, *, pool_size: int = 5, pool_timeout: float = 2.0) -> None:
        self._engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=pool_timeout,
            connect_args={"check_same_thread": False, "timeout": 5},
        )
        self._kept: list[Connection] = []
        event.listen(self._engine, "connect", _prepare)
        _schema.create_all(self._engine)
        with self._engine.begin() as connection:
            rows = [{"sku": sku, "name": name, "cents": cents} for sku, (name, cents) in PRODUCTS.items()]
            connection.execute(upsert(_products).on_conflict_do_nothing(), rows)
        attach(self._engine, pool_name="shop")

    def products(self) -> list[dict[str, Any]]:
        """Everything on sale."""
        with self._engine.connect() as connection:
            return _plain(connection.execute(_ALL))

    def product(self, sku: str) -> dict[str, Any] | None:
        """One product."""
        with self._engine.connect() as connection:
            return next(iter(_plain(connection.execute(_ONE, {"sku_": sku}))), None)

    def add(self, cart: str, sku: str) -> int:
        """Put one more into a cart; how many of it are there now."""
        with self._engine.begin() as connection:
            return int(connection.execute(_ADD, {"cart": cart, "sku": sku, "count": 1}).scalar_one())

    def order(self, cart: str) -> tuple[int, int] | None:
        """Turn a cart into an order: its number and its value in cents; None where the cart is empty."""
        with self._engine.begin() as connection:
            cents = connection.execute(_VALUE, {"cart_": cart}).scalar_one()
            if not cents:
                return None
            connection.execute(_EMPTY, {"cart_": cart})
            made = connection.execute(_PLACE, {"cents": cents, "state": "placed"})
            number = int(made.inserted_primary_key[0]) if made.inserted_primary_key else 0
            if number % 100 == 0:
                connection.execute(_FORGET, {"number_": number - _KEPT})
            return number, int(cents)

    def find_order(self, number: int) -> dict[str, Any] | None:
        """One order."""
        with self._engine.connect() as connection:
            return next(iter(_plain(connection.execute(_FIND, {"number_": number}))), None)

    def ship(self, number: int) -> None:
        """An order has left."""
        with self._engine.begin() as connection:
            connection.execute(_SHIP, {"number_": number})

    def keep_a_connection(self) -> None:
        """The bug of the fault ``pool``: take a connection and never give it back."""
        self._kept.append(self._engine.connect())

    def give_back(self) -> None:
        """Mend it."""
        while self._kept:
            self._kept.pop().close()

    def close(self) -> None:
        """Close every connection."""
        self.give_back()
        self._engine.dispose()


def _plain(rows: CursorResult[Any]) -> list[dict[str, Any]]:
    """Rows by the names of their columns; plain ones, since those of SQLAlchemy take JSON three times as long."""
    names = [str(name) for name in rows.keys()]  # noqa: SIM118 - a result is no mapping
    return [dict(zip(names, row, strict=True)) for row in rows]


def _prepare(connection: Any, _record: Any) -> None:
    """A demo's data may be lost with the machine; what matters is that it is quick."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")
