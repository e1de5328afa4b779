CREATE SEQUENCE servicecrm_outbox_places;
CREATE TABLE servicecrm_version (version INTEGER NOT NULL);

CREATE TABLE servicecrm_tenants (tenant TEXT COLLATE "C" NOT NULL PRIMARY KEY);

CREATE TABLE servicecrm_journal (
    tenant TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    "by" TEXT COLLATE "C" NOT NULL,
    on_behalf_of TEXT COLLATE "C",
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    command TEXT COLLATE "C",
    body TEXT COLLATE "C" NOT NULL,
    commitment TEXT COLLATE "C",
    document TEXT COLLATE "C",
    salt TEXT COLLATE "C",
    personal TEXT COLLATE "C",
    hash TEXT COLLATE "C" NOT NULL,
    seal BIGINT,
    PRIMARY KEY (tenant, kind, id, n)
);
CREATE INDEX servicecrm_journal_seal ON servicecrm_journal (tenant, seal);

CREATE TABLE servicecrm_seals (
    tenant TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, n)
);

CREATE TABLE servicecrm_commands (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    record TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    number TEXT COLLATE "C",
    given_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE servicecrm_numbers (
    tenant TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    year BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, year)
);

CREATE TABLE servicecrm_outbox (
    tenant TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    place BIGINT NOT NULL,
    topic TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    record TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    not_before BIGINT,
    attempt BIGINT NOT NULL,
    worker TEXT COLLATE "C",
    claimed_until BIGINT,
    delivered_at BIGINT,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX servicecrm_outbox_place ON servicecrm_outbox (tenant, place);
CREATE INDEX servicecrm_outbox_waiting ON servicecrm_outbox (tenant, place) WHERE delivered_at IS NULL;

CREATE TABLE servicecrm_complaint (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "customer" TEXT COLLATE "C",
    "service" TEXT COLLATE "C",
    "category" TEXT COLLATE "C",
    "handler" TEXT COLLATE "C",
    "waiting_for" TEXT COLLATE "C",
    "received_at" BIGINT,
    "closed_at" BIGINT,
    "due_at" BIGINT,
    "channel" TEXT COLLATE "C",
    "severity" TEXT COLLATE "C",
    "priority" TEXT COLLATE "C",
    "closing_code" TEXT COLLATE "C",
    "acknowledged_at" BIGINT,
    "answered_at" BIGINT,
    "forwards" BIGINT,
    "reopenings" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
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
    tenant TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, field, value, id)
);
CREATE INDEX servicecrm_complaint_terms_id ON servicecrm_complaint_terms (tenant, id);

CREATE TABLE servicecrm_message (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "about" TEXT COLLATE "C",
    "about_kind" TEXT COLLATE "C",
    "side" TEXT COLLATE "C",
    "klass" TEXT COLLATE "C",
    "channel" TEXT COLLATE "C",
    "author" TEXT COLLATE "C",
    "occurred_at" BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX servicecrm_message_about_occurred_at ON servicecrm_message (tenant, "about", "occurred_at", id);

CREATE TABLE servicecrm_complaint_policies (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id)
);
