"""Operation and table are read from the statement itself, not from what stands within it; values never leave it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.instruments.metrics import OVERFLOW
from vedette.integrations.operations import Operations, operations_of
from vedette.integrations.sql import OPERATIONS, describe, fingerprint


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
        ('DECLARE "secret" CURSOR FOR SELECT * FROM orders', "DECLARE", "orders"),
        ("FETCH FORWARD 10 FROM secret", "FETCH", ""),
        (r"SELECT 'it\'s FROM secret'", "SELECT", ""),
        ("SELECT $$ FROM secret $$ FROM orders", "SELECT", "orders"),
        ("SELECT $a$ FROM $$ secret $a$ FROM orders", "SELECT", "orders"),
        ("SELECT q'[it's FROM secret]' FROM dual", "SELECT", ""),
        ("SELECT 1 /* a /* b */ FROM secret */ FROM orders", "SELECT", ""),
        ("SELECT 'open FROM secret", "SELECT", ""),
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


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("select  id\n\tfrom orders ;", "select id from orders"),
        ("SELECT a FROM t WHERE id IN (1, -2, 3.5e7) AND b > 'c'", "SELECT a FROM t WHERE id IN (?) AND b > ?"),
        ("INSERT INTO t (a, b) VALUES (%s, %s), (%(c)s, DEFAULT)", "INSERT INTO t (a, b) VALUES (?), (?, DEFAULT)"),
        ("INSERT INTO t VALUES ($1::INTEGER, $2::VARCHAR(20)), ($3::INTEGER, $4::TEXT[])", "INSERT INTO t VALUES (?)"),
        ("UPDATE t1 SET a = :a, b = @b WHERE c = ?", "UPDATE t1 SET a = ?, b = ? WHERE c = ?"),
        ("SELECT a::int, x[1], ARRAY['a', 'b'] FROM t", "SELECT a::int, x[?], ARRAY[?] FROM t"),
        ("SELECT N'a', E'b', X'ff', 0xFF, date'2026-01-01'", "SELECT ?"),
        ("SELECT $$a$$, $x$b$x$ /* secret */ FROM t -- secret", "SELECT ? FROM t"),
        ('SELECT "Id", `id`, [id], t.* FROM "Shop"."Orders" t', "SELECT Id, id, id, t.* FROM Shop.Orders t"),
        ('SELECT "customer 4711" FROM t', "SELECT … FROM t"),
        ("SELECT ä FROM größe WHERE ü = 'ö'", "SELECT ä FROM größe WHERE ü = ?"),
        (r"SELECT id FROM t WHERE a = 'b\' OR secret", "SELECT id FROM t WHERE a = …"),
        ("SELECT id FROM t # it's secret", "SELECT id FROM t …"),
    ],
)
def test_a_statement_is_shown_without_its_values(statement, shown):
    assert fingerprint(statement, "postgresql") == shown


def test_where_a_double_quote_can_be_a_string_what_is_within_is_a_value():
    statement = 'SELECT id FROM t WHERE name = "Ada"'
    assert fingerprint(statement, "mysql") == fingerprint(statement, "sqlite") == "SELECT id FROM t WHERE name = ?"
    assert fingerprint(statement, "postgresql") == "SELECT id FROM t WHERE name = Ada"


def test_a_long_statement_is_short_and_still_told_from_another_of_its_kind():
    def of(columns: int, table: str) -> str:
        named = ", ".join(f"t.column_{number} AS t_column_{number}" for number in range(columns))
        return fingerprint(f"SELECT {named} FROM {table} WHERE id = 1", "postgresql")

    assert of(20, "t") == of(20, "t")
    assert of(20, "t").startswith("SELECT … FROM t WHERE id = ? #")
    assert of(20, "t") != of(21, "t")
    long = "x" * 300
    assert len(of(2, long)) <= 200
    assert of(2, long) != of(2, long + "y")
    assert len(fingerprint("SELECT * FROM orders WHERE id IN (" + "4711," * 500_000 + "1)", "postgresql")) <= 200


# What a value looks like in each dialect; whatever is in it must not come out.
_SECRET = "Topsecret"
_OF_POSTGRESQL = [
    "'{}'",
    "''' {}'",
    "'{}'''",
    "E'{}'",
    "$$ {} $$",
    "$q$ {} $q$",
    "$q$ ' {} $q$",
    "' -- {}'",
    "'a$$ {}'",
]
_OF_MYSQL = ["'{}'", r"'\' {}'", r"'{}\''", '"{}"', r'"\" {}"', "'\" {}'", '"\' {}"', "# {}\n", "-- {}\n", "/* ' {} */"]
_BETWEEN = [
    "a",
    ", ",
    " = ",
    "(",
    ")",
    " FROM t ",
    " WHERE ",
    "1",
    "-",
    "/* c */",
    "-- c\n",
    "`c`",
    "?",
    "''",
    "'x'",
    "[d]",
]


@given(st.lists(st.sampled_from([*_BETWEEN, *_OF_POSTGRESQL, '"b"', "::int"]), max_size=12))
def test_no_value_of_postgresql_is_ever_shown(parts):
    statement = "SELECT " + " ".join(parts).replace("{}", _SECRET)
    assert _SECRET not in fingerprint(statement, "postgresql")
    assert _SECRET not in describe(statement)[1]


@given(st.lists(st.sampled_from([*_BETWEEN, *_OF_MYSQL]), max_size=12))
def test_no_value_of_mysql_is_ever_shown(parts):
    statement = "SELECT " + " ".join(parts).replace("{}", _SECRET)
    assert _SECRET not in fingerprint(statement, "mysql")


@given(st.text(st.sampled_from("SELECTFROMWITHINSERTupdate ()'\"`[].-/*\n;aé0$:%?#\\")))
def test_no_statement_breaks_its_fingerprint(statement):
    assert len(fingerprint(statement, "mysql")) <= 200


def test_only_what_reads_and_writes_rows_has_a_fingerprint():
    operations = operations_of("postgresql")
    assert operations["SELECT 1"].has_fingerprint
    assert not operations["SET ROLE alice"].has_fingerprint
    assert not operations["CREATE USER alice PASSWORD 'secret'"].has_fingerprint


def test_beginning_and_undoing_are_no_operations_unless_they_are_part_of_a_script():
    operations = operations_of("postgresql")
    for statement in ("BEGIN", "BEGIN ISOLATION LEVEL SERIALIZABLE;", "SAVEPOINT a", "ROLLBACK TO a;", b"RELEASE a"):
        assert not operations[statement].is_told
    assert operations["BEGIN; DELETE FROM orders; COMMIT"].is_told
    assert operations["COMMIT"].is_told


def test_a_thousand_statements_are_kept_and_none_that_is_long():
    operations = Operations("postgresql")
    for number in range(2500):
        assert operations[f"SELECT {number}"].name == "SELECT"
        assert len(operations) <= 1000
    long = "SELECT " + "1," * 5000 + "1 FROM orders"
    assert operations[long].name == "SELECT"
    assert long not in operations
    assert sum(map(len, operations)) < 1000 * 8192
