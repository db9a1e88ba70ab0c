BEGIN TRANSACTION;
CREATE TABLE answers (
    tenant TEXT NOT NULL,
    method TEXT NOT NULL,
    request_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    body BLOB NOT NULL,
    answered_at REAL NOT NULL,
    PRIMARY KEY (tenant, method, request_id)
) WITHOUT ROWID;
INSERT INTO "answers" VALUES('acme','PublishEvents','q1',X'64',X'626F6479',1777636800.25);
INSERT INTO "answers" VALUES('acme','PublishEvents','q2',X'64',X'626F6479',1777636800.25);
CREATE TABLE applied_positions (
    consumer_group TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
) WITHOUT ROWID;
INSERT INTO "applied_positions" VALUES('ingest','recipient-events',3,1099511627777);
CREATE TABLE campaigns (
    tenant TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (tenant, campaign_id)
) WITHOUT ROWID;
INSERT INTO "campaigns" VALUES('acme','c1',2,X'00FF6331');
CREATE TABLE consents (
    tenant TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    purpose INTEGER NOT NULL,
    data_type INTEGER NOT NULL,
    state INTEGER NOT NULL,
    said_at TEXT NOT NULL,
    source TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (tenant, recipient_id, purpose, data_type)
) WITHOUT ROWID;
INSERT INTO "consents" VALUES('acme','r1',1,0,1,'2026-05-01T12:00:00.250000+00:00','form','p1');
INSERT INTO "consents" VALUES('acme','r1',2,1,2,'2026-05-01T12:00:00.250000+00:00','','');
CREATE TABLE erasures (
    digest TEXT NOT NULL PRIMARY KEY,
    erased_at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "erasures" VALUES('1f8c8863bff027ff9a0e84796d66842c4dab1ebedc8cce8502419f5b61a4f04f','2026-05-01T12:00:00.250000+00:00');
CREATE TABLE events (
    tenant TEXT NOT NULL,
    event_id TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    PRIMARY KEY (tenant, event_id)
) WITHOUT ROWID;
INSERT INTO "events" VALUES('acme','e1','r1',0,0);
INSERT INTO "events" VALUES('acme','e2','r''2',3,1099511627776);
INSERT INTO "events" VALUES('beta','e1','r1',0,0);
CREATE TABLE signals (
    tenant TEXT NOT NULL,
    signal_id TEXT NOT NULL,
    PRIMARY KEY (tenant, signal_id)
) WITHOUT ROWID;
INSERT INTO "signals" VALUES('acme','s1');
CREATE TABLE time_zones (
    tenant TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    PRIMARY KEY (tenant, recipient_id)
) WITHOUT ROWID;
INSERT INTO "time_zones" VALUES('acme','r1','Europe/Berlin');
CREATE INDEX events_by_recipient ON events (tenant, recipient_id);
CREATE INDEX answers_by_time ON answers (answered_at);
COMMIT;
PRAGMA user_version = 2;
