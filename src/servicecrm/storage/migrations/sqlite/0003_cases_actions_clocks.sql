CREATE TABLE servicecrm_case (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT NOT NULL,
    "number" TEXT,
    "state" TEXT,
    "open" BIGINT,
    "requester" TEXT,
    "sponsor" TEXT,
    "logged_by" TEXT,
    "queue" TEXT,
    "handler" TEXT,
    "request_type" TEXT,
    "service" TEXT,
    "channel" TEXT,
    "priority" TEXT,
    "waiting_for" TEXT,
    "partner" TEXT,
    "partner_reference" TEXT,
    "received_at" BIGINT,
    "accepted_at" BIGINT,
    "promised_by" BIGINT,
    "update_due_at" BIGINT,
    "answered_at" BIGINT,
    "closed_at" BIGINT,
    "closing_code" TEXT,
    "without_action" BIGINT,
    "forwards" BIGINT,
    "reopenings" BIGINT,
    "search" TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_case_handler_state_received_at ON servicecrm_case (tenant, "handler", "state", "received_at", id);
CREATE INDEX servicecrm_case_queue_state_received_at ON servicecrm_case (tenant, "queue", "state", "received_at", id);
CREATE INDEX servicecrm_case_requester ON servicecrm_case (tenant, "requester", id);
CREATE INDEX servicecrm_case_sponsor ON servicecrm_case (tenant, "sponsor", id);
CREATE INDEX servicecrm_case_request_type ON servicecrm_case (tenant, "request_type", id);
CREATE INDEX servicecrm_case_partner_partner_reference ON servicecrm_case (tenant, "partner", "partner_reference", id);
CREATE INDEX servicecrm_case_received_at ON servicecrm_case (tenant, "received_at", id);
CREATE INDEX servicecrm_case_closed_at ON servicecrm_case (tenant, "closed_at", id);
CREATE INDEX servicecrm_case_update_due_at ON servicecrm_case (tenant, "update_due_at", id);
CREATE TABLE servicecrm_case_terms (
    tenant TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (tenant, field, value, id)
);
CREATE INDEX servicecrm_case_terms_id ON servicecrm_case_terms (tenant, id);

CREATE TABLE servicecrm_request_type (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE servicecrm_case_routing (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE servicecrm_case_policies (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE servicecrm_action_item (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT NOT NULL,
    "number" TEXT,
    "state" TEXT,
    "open" BIGINT,
    "source_kind" TEXT,
    "source" TEXT,
    "owner" TEXT,
    "due_at" BIGINT,
    "opened_at" BIGINT,
    "done_at" BIGINT,
    "verified_at" BIGINT,
    "postponements" BIGINT,
    "reopenings" BIGINT,
    "search" TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_action_item_owner_open_due_at ON servicecrm_action_item (tenant, "owner", "open", "due_at", id);
CREATE INDEX servicecrm_action_item_open_due_at ON servicecrm_action_item (tenant, "open", "due_at", id);
CREATE INDEX servicecrm_action_item_source_due_at ON servicecrm_action_item (tenant, "source", "due_at", id);
CREATE INDEX servicecrm_action_item_state ON servicecrm_action_item (tenant, "state", id);
CREATE INDEX servicecrm_action_item_done_at ON servicecrm_action_item (tenant, "done_at", id);

CREATE TABLE servicecrm_clock (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT NOT NULL,
    "about_kind" TEXT,
    "about" TEXT,
    "handler" TEXT,
    "next_at" BIGINT,
    "due_at" BIGINT,
    "basis" TEXT,
    "level" BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX servicecrm_clock_about_kind_next_at ON servicecrm_clock (tenant, "about_kind", "next_at", id);
CREATE INDEX servicecrm_clock_about_kind_basis ON servicecrm_clock (tenant, "about_kind", "basis", id);
CREATE INDEX servicecrm_clock_handler_due_at ON servicecrm_clock (tenant, "handler", "due_at", id);
CREATE INDEX servicecrm_clock_about ON servicecrm_clock (tenant, "about", id);

CREATE TABLE servicecrm_targets (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE servicecrm_calendar (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
