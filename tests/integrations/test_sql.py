"""Operation and table are read from the statement itself, not from what stands within it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.instruments.metrics import OVERFLOW
from vedette.integrations.sql import OPERATIONS, describe


@pytest.mark.parametrize(
    ("statement", "operation", "table"),
    [
        ("SELECT 1", "SELECT", ""),
        ("select * from orders", "SELECT", "orders"),
        ("SELECT a, (SELECT max(b) FROM inner_one) FROM outer_one WHERE x = 'FROM lies'", "SELECT", "outer_one"),
        ("SELECT * FROM (SELECT * FROM inner_one) AS x", "SELECT", ""),
        ('SELECT * FROM "Shop"."Orders" o', "SELECT", "Shop.Orders"),
        ("SELECT * FROM `shop`.`orders`", "SELECT", "shop.orders"),
        ("SELECT * FROM [dbo].[orders]", "SELECT", "dbo.orders"),
        ("-- FROM comments\n/* DELETE FROM x */ SELECT extract(year FROM day) FROM days", "SELECT", "days"),
        ("(SELECT * FROM a) UNION (SELECT * FROM b)", OVERFLOW, ""),
        ("INSERT INTO orders (id, note) VALUES (?, 'FROM x')", "INSERT", "orders"),
        ("INSERT OR IGNORE INTO orders SELECT * FROM old", "INSERT", "orders"),
        ("REPLACE INTO orders VALUES (1)", "REPLACE", "orders"),
        ("UPDATE ONLY orders SET a = (SELECT 1 FROM b)", "UPDATE", "orders"),
        ("DELETE FROM orders WHERE id IN (SELECT id FROM old)", "DELETE", "orders"),
        ("WITH a AS (SELECT * FROM x), b AS (SELECT * FROM y) SELECT * FROM a JOIN b", "SELECT", "a"),
        ("WITH RECURSIVE t(n) AS (VALUES (1)) UPDATE orders SET n = 1", "UPDATE", "orders"),
        ("CREATE TABLE IF NOT EXISTS orders (id INT)", "CREATE", "orders"),
        ("CREATE INDEX i ON orders (id)", "CREATE", ""),
        ("TRUNCATE TABLE orders", "TRUNCATE", "orders"),
        ("PRAGMA foreign_keys=ON", "PRAGMA", ""),
        ("FROBNICATE the_customer_4711", OVERFLOW, ""),
        ("", OVERFLOW, ""),
        ("SELECT * FROM " + "x" * 500, "SELECT", "x" * 128),
    ],
)
def test_the_operation_and_its_table_are_found(statement, operation, table):
    assert describe(statement) == (operation, table)


@given(st.text(st.sampled_from("SELECTFROMWITHINSERTupdate ()'\"`[].-/*\n;aé0")))
def test_no_statement_breaks_it_and_the_operation_is_one_of_the_known(statement):
    operation, table = describe(statement)
    assert operation in OPERATIONS | {OVERFLOW}
    assert len(table) <= 128


def test_a_statement_of_a_megabyte_is_read_at_its_beginning_only():
    assert describe("SELECT * FROM orders WHERE id IN (" + "?," * 500_000 + "?)") == ("SELECT", "orders")
    assert describe("SELECT " + "a," * 500_000 + "b FROM orders") == ("SELECT", "")
