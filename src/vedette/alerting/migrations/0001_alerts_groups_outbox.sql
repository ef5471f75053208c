-- Times are milliseconds since the epoch; label sets and annotations are JSON objects with sorted keys.

create table alerts (
    fingerprint   text primary key,
    labels        text not null,
    annotations   text not null,
    starts_at     integer not null,
    ends_at       integer not null,
    updated_at    integer not null,
    timeout       integer not null, -- 1: nobody gave an end, it is the resolve timeout
    generator_url text not null
) without rowid;

create table groups (
    key           text primary key,
    next_flush_at integer not null,
    last_flush_at integer not null, -- 0: never flushed
    failed        integer not null, -- 1: a notification of the last flush failed for good
    empty_at      integer not null  -- 0: it has alerts
) without rowid;

create table members (
    group_key   text not null,
    fingerprint text not null,
    primary key (group_key, fingerprint)
) without rowid;

-- What each integration was last told of a group: decides whether there is news.
create table notification_log (
    group_key          text not null,
    receiver           text not null,
    integration        text not null, -- kind/index within the receiver, e.g. webhook/0
    firing             text not null, -- JSON list of fingerprints
    resolved           text not null,
    at                 integer not null,
    expires_at         integer not null,
    delivered_firing   text,          -- as of the last delivery that arrived; null: none did
    delivered_resolved text,
    delivered_at       integer,
    thread             text not null, -- id of the first notification of the thread, for mail clients
    primary key (group_key, receiver, integration)
) without rowid;

create table outbox (
    sequence        integer primary key autoincrement,
    id              text not null unique,
    group_key       text not null,
    receiver        text not null,
    integration     text not null,
    target          text not null, -- for people; never holds a secret
    state           text not null check (state in ('waiting', 'delivered', 'failed')),
    attempts        integer not null,
    created_at      integer not null,
    next_attempt_at integer not null,
    settled_at      integer not null, -- 0: still waiting
    error           text not null,
    subject         text not null,
    alerts          text not null, -- JSON list of alert names
    firing          integer not null,
    resolved        integer not null,
    told_firing     text not null, -- JSON lists of fingerprints, for the notification log
    told_resolved   text not null,
    payload         text not null  -- JSON: headers, text, html, body as they are sent
);

create index outbox_waiting on outbox (state, sequence);

create table attempts (
    delivery text not null,
    number   integer not null,
    at       integer not null,
    outcome  text not null check (outcome in ('delivered', 'retry', 'failed')),
    error    text not null,
    primary key (delivery, number)
) without rowid;
