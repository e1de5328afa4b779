CREATE TABLE servicecrm_version (version INTEGER NOT NULL);

CREATE TABLE servicecrm_tenants (tenant TEXT NOT NULL PRIMARY KEY);

CREATE TABLE servicecrm_journal (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    n BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    type TEXT NOT NULL,
    "by" TEXT NOT NULL,
    on_behalf_of TEXT,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    command TEXT,
    body TEXT NOT NULL,
    commitment TEXT,
    document TEXT,
    salt TEXT,
    personal TEXT,
    hash TEXT NOT NULL,
    seal BIGINT,
    PRIMARY KEY (tenant, kind, id, n)
);
CREATE INDEX servicecrm_journal_seal ON servicecrm_journal (tenant, seal);

CREATE TABLE servicecrm_seals (
    tenant TEXT NOT NULL,
    n BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (tenant, n)
);

CREATE TABLE servicecrm_commands (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    revision BIGINT NOT NULL,
    number TEXT,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE servicecrm_numbers (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    year BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, year)
);

CREATE TABLE servicecrm_outbox (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    place BIGINT NOT NULL,
    topic TEXT NOT NULL,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    body TEXT NOT NULL,
    not_before BIGINT,
    attempt BIGINT NOT NULL,
    worker TEXT,
    claimed_until BIGINT,
    delivered_at BIGINT,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX servicecrm_outbox_place ON servicecrm_outbox (tenant, place);
CREATE INDEX servicecrm_outbox_waiting ON servicecrm_outbox (tenant, place) WHERE delivered_at IS NULL;

CREATE TABLE servicecrm_complaint (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT NOT NULL,
    "number" TEXT,
    "state" TEXT,
    "open" BIGINT,
    "customer" TEXT,
    "service" TEXT,
    "category" TEXT,
    "handler" TEXT,
    "waiting_for" TEXT,
    "received_at" BIGINT,
    "closed_at" BIGINT,
    "due_at" BIGINT,
    "channel" TEXT,
    "severity" TEXT,
    "priority" TEXT,
    "closing_code" TEXT,
    "acknowledged_at" BIGINT,
    "answered_at" BIGINT,
    "forwards" BIGINT,
    "reopenings" BIGINT,
    "search" TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_complaint_handler_open_due_at ON servicecrm_complaint (tenant, "handler", "open", "due_at", id);
CREATE INDEX servicecrm_complaint_open_due_at ON servicecrm_complaint (tenant, "open", "due_at", id);
CREATE INDEX servicecrm_complaint_state ON servicecrm_complaint (tenant, "state", id);
CREATE INDEX servicecrm_complaint_customer ON servicecrm_complaint (tenant, "customer", id);
CREATE INDEX servicecrm_complaint_service ON servicecrm_complaint (tenant, "service", id);
CREATE INDEX servicecrm_complaint_category ON servicecrm_complaint (tenant, "category", id);
CREATE INDEX servicecrm_complaint_received_at ON servicecrm_complaint (tenant, "received_at", id);
CREATE INDEX servicecrm_complaint_closed_at ON servicecrm_complaint (tenant, "closed_at", id);
CREATE TABLE servicecrm_complaint_terms (
    tenant TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (tenant, field, value, id)
);
CREATE INDEX servicecrm_complaint_terms_id ON servicecrm_complaint_terms (tenant, id);

CREATE TABLE servicecrm_message (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT NOT NULL,
    "about" TEXT,
    "about_kind" TEXT,
    "side" TEXT,
    "klass" TEXT,
    "channel" TEXT,
    "author" TEXT,
    "occurred_at" BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX servicecrm_message_about_occurred_at ON servicecrm_message (tenant, "about", "occurred_at", id);

CREATE TABLE servicecrm_complaint_policies (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
