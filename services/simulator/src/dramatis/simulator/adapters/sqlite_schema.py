"""The tables of the simulator's store."""

SCHEMA = """
CREATE TABLE persona_sets (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    persona_set_id TEXT NOT NULL,
    record BLOB NOT NULL,
    UNIQUE (tenant, persona_set_id)
);
CREATE TABLE campaigns (
    tenant TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (tenant, campaign_id)
) WITHOUT ROWID;
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    simulation_id TEXT NOT NULL,
    persona_set_id TEXT NOT NULL,
    spec BLOB NOT NULL,
    state INTEGER NOT NULL,
    create_time TEXT NOT NULL,
    end_time TEXT,
    progress REAL NOT NULL,
    attempts INTEGER NOT NULL,
    publishing INTEGER NOT NULL,
    error BLOB,
    engine_version TEXT NOT NULL,
    device TEXT NOT NULL,
    agent_steps INTEGER NOT NULL,
    UNIQUE (tenant, simulation_id)
);
CREATE INDEX jobs_by_state ON jobs (state, number);
CREATE TABLE inputs (
    number INTEGER PRIMARY KEY REFERENCES jobs (number),
    personas BLOB NOT NULL,
    campaigns TEXT NOT NULL
);
CREATE TABLE forecasts (
    number INTEGER NOT NULL REFERENCES jobs (number),
    persona_id TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (number, persona_id, campaign_id)
) WITHOUT ROWID;
CREATE TABLE answers (
    tenant TEXT NOT NULL,
    method TEXT NOT NULL,
    request_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, method, request_id)
) WITHOUT ROWID;
"""
