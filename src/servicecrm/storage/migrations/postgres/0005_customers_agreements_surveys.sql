ALTER TABLE servicecrm_outbox ADD COLUMN cause TEXT COLLATE "C";

ALTER TABLE servicecrm_complaint ADD COLUMN "figures" TEXT COLLATE "C";
ALTER TABLE servicecrm_case ADD COLUMN "figures" TEXT COLLATE "C";
ALTER TABLE servicecrm_clock ADD COLUMN "figures" TEXT COLLATE "C";

DROP INDEX servicecrm_complaint_customer;
CREATE INDEX servicecrm_complaint_customer_received_at ON servicecrm_complaint (tenant, "customer", "received_at", id);
DROP INDEX servicecrm_case_requester;
CREATE INDEX servicecrm_case_requester_received_at ON servicecrm_case (tenant, "requester", "received_at", id);
CREATE INDEX servicecrm_case_handler_open_promised_by ON servicecrm_case (tenant, "handler", "open", "promised_by", id);
DROP INDEX servicecrm_action_item_state;
CREATE INDEX servicecrm_action_item_state_done_at ON servicecrm_action_item (tenant, "state", "done_at", id);
CREATE INDEX servicecrm_message_author ON servicecrm_message (tenant, "author", id);

CREATE TABLE servicecrm_answer (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "campaign" TEXT COLLATE "C",
    "response" TEXT COLLATE "C",
    "day" TEXT COLLATE "C",
    "counts" BIGINT,
    "item" TEXT COLLATE "C",
    "row" TEXT COLLATE "C",
    "status" TEXT COLLATE "C",
    "code" TEXT COLLATE "C",
    "value" BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX servicecrm_answer_campaign_response ON servicecrm_answer (tenant, "campaign", "response", id);
CREATE INDEX servicecrm_answer_campaign_item ON servicecrm_answer (tenant, "campaign", "item", id);

CREATE TABLE servicecrm_customer (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "kind" TEXT COLLATE "C",
    "account_manager" TEXT COLLATE "C",
    "handover_at" BIGINT,
    "parent" TEXT COLLATE "C",
    "origin" TEXT COLLATE "C",
    "merged_into" TEXT COLLATE "C",
    "value_class" TEXT COLLATE "C",
    "leaving_reason" TEXT COLLATE "C",
    "added_at" BIGINT,
    "activated_at" BIGINT,
    "verified_at" BIGINT,
    "ended_at" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_customer_account_manager_open_verified_at ON servicecrm_customer (tenant, "account_manager", "open", "verified_at", id);
CREATE INDEX servicecrm_customer_handover_at ON servicecrm_customer (tenant, "handover_at", id);
CREATE INDEX servicecrm_customer_state ON servicecrm_customer (tenant, "state", id);
CREATE INDEX servicecrm_customer_parent ON servicecrm_customer (tenant, "parent", id);
CREATE INDEX servicecrm_customer_merged_into ON servicecrm_customer (tenant, "merged_into", id);
CREATE INDEX servicecrm_customer_value_class ON servicecrm_customer (tenant, "value_class", id);
CREATE INDEX servicecrm_customer_open_added_at ON servicecrm_customer (tenant, "open", "added_at", id);
CREATE INDEX servicecrm_customer_added_at ON servicecrm_customer (tenant, "added_at", id);
CREATE TABLE servicecrm_customer_terms (
    tenant TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, field, value, id)
);
CREATE INDEX servicecrm_customer_terms_id ON servicecrm_customer_terms (tenant, id);

CREATE TABLE servicecrm_interaction (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "state" TEXT COLLATE "C",
    "customer" TEXT COLLATE "C",
    "prospect" TEXT COLLATE "C",
    "partner" TEXT COLLATE "C",
    "contact" TEXT COLLATE "C",
    "kind" TEXT COLLATE "C",
    "direction" TEXT COLLATE "C",
    "handler" TEXT COLLATE "C",
    "outcome" TEXT COLLATE "C",
    "open" BIGINT,
    "occurred_at" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX servicecrm_interaction_customer_occurred_at ON servicecrm_interaction (tenant, "customer", "occurred_at", id);
CREATE INDEX servicecrm_interaction_prospect_occurred_at ON servicecrm_interaction (tenant, "prospect", "occurred_at", id);
CREATE INDEX servicecrm_interaction_partner_occurred_at ON servicecrm_interaction (tenant, "partner", "occurred_at", id);
CREATE INDEX servicecrm_interaction_contact ON servicecrm_interaction (tenant, "contact", id);
CREATE INDEX servicecrm_interaction_handler_occurred_at ON servicecrm_interaction (tenant, "handler", "occurred_at", id);
CREATE TABLE servicecrm_interaction_terms (
    tenant TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, field, value, id)
);
CREATE INDEX servicecrm_interaction_terms_id ON servicecrm_interaction_terms (tenant, id);

CREATE TABLE servicecrm_prospect (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "seller" TEXT COLLATE "C",
    "source" TEXT COLLATE "C",
    "campaign" TEXT COLLATE "C",
    "brand" TEXT COLLATE "C",
    "lost_reason" TEXT COLLATE "C",
    "customer" TEXT COLLATE "C",
    "added_at" BIGINT,
    "contacted_at" BIGINT,
    "resume_at" BIGINT,
    "ended_at" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_prospect_seller_open_contacted_at ON servicecrm_prospect (tenant, "seller", "open", "contacted_at", id);
CREATE INDEX servicecrm_prospect_state_resume_at ON servicecrm_prospect (tenant, "state", "resume_at", id);
CREATE INDEX servicecrm_prospect_campaign ON servicecrm_prospect (tenant, "campaign", id);
CREATE INDEX servicecrm_prospect_customer_added_at ON servicecrm_prospect (tenant, "customer", "added_at", id);
CREATE INDEX servicecrm_prospect_added_at ON servicecrm_prospect (tenant, "added_at", id);
CREATE TABLE servicecrm_prospect_terms (
    tenant TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, field, value, id)
);
CREATE INDEX servicecrm_prospect_terms_id ON servicecrm_prospect_terms (tenant, id);

CREATE TABLE servicecrm_partner (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "role" TEXT COLLATE "C",
    "customer" TEXT COLLATE "C",
    "manager" TEXT COLLATE "C",
    "since" BIGINT,
    "ended_at" BIGINT,
    "evaluation_due_at" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_partner_manager_open_evaluation_due_at ON servicecrm_partner (tenant, "manager", "open", "evaluation_due_at", id);
CREATE INDEX servicecrm_partner_evaluation_due_at ON servicecrm_partner (tenant, "evaluation_due_at", id);
CREATE INDEX servicecrm_partner_state ON servicecrm_partner (tenant, "state", id);
CREATE INDEX servicecrm_partner_customer ON servicecrm_partner (tenant, "customer", id);
CREATE TABLE servicecrm_partner_terms (
    tenant TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, field, value, id)
);
CREATE INDEX servicecrm_partner_terms_id ON servicecrm_partner_terms (tenant, id);

CREATE TABLE servicecrm_portfolio_snapshot (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "manager" TEXT COLLATE "C",
    "customers" BIGINT,
    "taken_at" BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX servicecrm_portfolio_snapshot_manager_taken_at ON servicecrm_portfolio_snapshot (tenant, "manager", "taken_at", id);
CREATE INDEX servicecrm_portfolio_snapshot_taken_at ON servicecrm_portfolio_snapshot (tenant, "taken_at", id);

CREATE TABLE servicecrm_portfolio_policies (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE servicecrm_service (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "owner" TEXT COLLATE "C",
    "version" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_service_state ON servicecrm_service (tenant, "state", id);
CREATE INDEX servicecrm_service_owner_open_number ON servicecrm_service (tenant, "owner", "open", "number", id);
CREATE TABLE servicecrm_service_terms (
    tenant TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, field, value, id)
);
CREATE INDEX servicecrm_service_terms_id ON servicecrm_service_terms (tenant, id);

CREATE TABLE servicecrm_agreement (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "customer" TEXT COLLATE "C",
    "first_day" TEXT COLLATE "C",
    "term_end" TEXT COLLATE "C",
    "final_day" TEXT COLLATE "C",
    "next_review" TEXT COLLATE "C",
    "signed_at" BIGINT,
    "ended_at" BIGINT,
    "predecessor" TEXT COLLATE "C",
    "successor" TEXT COLLATE "C",
    "source" TEXT COLLATE "C",
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_agreement_customer_open_final_day ON servicecrm_agreement (tenant, "customer", "open", "final_day", id);
CREATE INDEX servicecrm_agreement_customer_signed_at ON servicecrm_agreement (tenant, "customer", "signed_at", id);
CREATE INDEX servicecrm_agreement_state_first_day ON servicecrm_agreement (tenant, "state", "first_day", id);
CREATE INDEX servicecrm_agreement_state_final_day ON servicecrm_agreement (tenant, "state", "final_day", id);
CREATE INDEX servicecrm_agreement_state_term_end ON servicecrm_agreement (tenant, "state", "term_end", id);
CREATE INDEX servicecrm_agreement_state_next_review ON servicecrm_agreement (tenant, "state", "next_review", id);
CREATE INDEX servicecrm_agreement_signed_at ON servicecrm_agreement (tenant, "signed_at", id);
CREATE INDEX servicecrm_agreement_ended_at ON servicecrm_agreement (tenant, "ended_at", id);
CREATE TABLE servicecrm_agreement_terms (
    tenant TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, field, value, id)
);
CREATE INDEX servicecrm_agreement_terms_id ON servicecrm_agreement_terms (tenant, id);

CREATE TABLE servicecrm_general_agreement (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "customer" TEXT COLLATE "C",
    "topic" TEXT COLLATE "C",
    "version" BIGINT,
    "last_day" TEXT COLLATE "C",
    "ended_at" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_general_agreement_customer_open_last_day ON servicecrm_general_agreement (tenant, "customer", "open", "last_day", id);
CREATE INDEX servicecrm_general_agreement_state ON servicecrm_general_agreement (tenant, "state", id);

CREATE TABLE servicecrm_violation (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "agreement" TEXT COLLATE "C",
    "customer" TEXT COLLATE "C",
    "service" TEXT COLLATE "C",
    "target" TEXT COLLATE "C",
    "period" TEXT COLLATE "C",
    "record" TEXT COLLATE "C",
    "found_at" BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX servicecrm_violation_agreement_found_at ON servicecrm_violation (tenant, "agreement", "found_at", id);
CREATE INDEX servicecrm_violation_customer_found_at ON servicecrm_violation (tenant, "customer", "found_at", id);
CREATE INDEX servicecrm_violation_record ON servicecrm_violation (tenant, "record", id);

CREATE TABLE servicecrm_agreement_policies (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE servicecrm_questionnaire (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "family" TEXT COLLATE "C",
    "version" BIGINT,
    "state" TEXT COLLATE "C",
    "owner" TEXT COLLATE "C",
    "template" TEXT COLLATE "C",
    "digest" TEXT COLLATE "C",
    "drafted_at" BIGINT,
    "released_at" BIGINT,
    "retired_at" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX servicecrm_questionnaire_family_version ON servicecrm_questionnaire (tenant, "family", "version", id);
CREATE INDEX servicecrm_questionnaire_state ON servicecrm_questionnaire (tenant, "state", id);
CREATE TABLE servicecrm_questionnaire_terms (
    tenant TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, field, value, id)
);
CREATE INDEX servicecrm_questionnaire_terms_id ON servicecrm_questionnaire_terms (tenant, id);

CREATE TABLE servicecrm_campaign (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "method" TEXT COLLATE "C",
    "mode" TEXT COLLATE "C",
    "owner" TEXT COLLATE "C",
    "questionnaire" TEXT COLLATE "C",
    "series" TEXT COLLATE "C",
    "wave" BIGINT,
    "opens_at" BIGINT,
    "answer_until" BIGINT,
    "opened_at" BIGINT,
    "closed_at" BIGINT,
    "again_on" TEXT COLLATE "C",
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_campaign_owner_open_answer_until ON servicecrm_campaign (tenant, "owner", "open", "answer_until", id);
CREATE INDEX servicecrm_campaign_state_answer_until ON servicecrm_campaign (tenant, "state", "answer_until", id);
CREATE INDEX servicecrm_campaign_series_wave ON servicecrm_campaign (tenant, "series", "wave", id);
CREATE INDEX servicecrm_campaign_questionnaire ON servicecrm_campaign (tenant, "questionnaire", id);
CREATE INDEX servicecrm_campaign_closed_at ON servicecrm_campaign (tenant, "closed_at", id);
CREATE INDEX servicecrm_campaign_again_on ON servicecrm_campaign (tenant, "again_on", id);

CREATE TABLE servicecrm_invitation (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "state" TEXT COLLATE "C",
    "campaign" TEXT COLLATE "C",
    "series" TEXT COLLATE "C",
    "contact" TEXT COLLATE "C",
    "customer" TEXT COLLATE "C",
    "stratum" TEXT COLLATE "C",
    "token" TEXT COLLATE "C",
    "sent_at" BIGINT,
    "contacted_at" BIGINT,
    "reminders" BIGINT,
    "reserved_until" BIGINT,
    "answered_on" TEXT COLLATE "C",
    PRIMARY KEY (tenant, id)
);
CREATE INDEX servicecrm_invitation_token ON servicecrm_invitation (tenant, "token", id);
CREATE INDEX servicecrm_invitation_contact ON servicecrm_invitation (tenant, "contact", id);
CREATE INDEX servicecrm_invitation_customer_contacted_at ON servicecrm_invitation (tenant, "customer", "contacted_at", id);
CREATE INDEX servicecrm_invitation_campaign_contact ON servicecrm_invitation (tenant, "campaign", "contact", id);
CREATE INDEX servicecrm_invitation_campaign_state ON servicecrm_invitation (tenant, "campaign", "state", id);
CREATE INDEX servicecrm_invitation_campaign_reserved_until ON servicecrm_invitation (tenant, "campaign", "reserved_until", id);

CREATE TABLE servicecrm_response (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "state" TEXT COLLATE "C",
    "campaign" TEXT COLLATE "C",
    "invitation" TEXT COLLATE "C",
    "contact" TEXT COLLATE "C",
    "customer" TEXT COLLATE "C",
    "service" TEXT COLLATE "C",
    "stratum" TEXT COLLATE "C",
    "source" TEXT COLLATE "C",
    "extent" TEXT COLLATE "C",
    "late" BIGINT,
    "counts" BIGINT,
    "day" TEXT COLLATE "C",
    PRIMARY KEY (tenant, id)
);
CREATE INDEX servicecrm_response_campaign_day ON servicecrm_response (tenant, "campaign", "day", id);
CREATE INDEX servicecrm_response_invitation ON servicecrm_response (tenant, "invitation", id);
CREATE INDEX servicecrm_response_contact ON servicecrm_response (tenant, "contact", id);
CREATE INDEX servicecrm_response_customer_day ON servicecrm_response (tenant, "customer", "day", id);

CREATE TABLE servicecrm_survey_evaluation (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "state" TEXT COLLATE "C",
    "questionnaire" TEXT COLLATE "C",
    "campaign" TEXT COLLATE "C",
    "wave" TEXT COLLATE "C",
    "digest" TEXT COLLATE "C",
    "drafted_at" BIGINT,
    "published_at" BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX servicecrm_survey_evaluation_campaign ON servicecrm_survey_evaluation (tenant, "campaign", id);
CREATE INDEX servicecrm_survey_evaluation_questionnaire_drafted_at ON servicecrm_survey_evaluation (tenant, "questionnaire", "drafted_at", id);
CREATE INDEX servicecrm_survey_evaluation_state ON servicecrm_survey_evaluation (tenant, "state", id);

CREATE TABLE servicecrm_meeting (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "customer" TEXT COLLATE "C",
    "occasion" TEXT COLLATE "C",
    "organizer" TEXT COLLATE "C",
    "planned_for" BIGINT,
    "due_on" TEXT COLLATE "C",
    "held_at" BIGINT,
    "distribute_by" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_meeting_customer_planned_for ON servicecrm_meeting (tenant, "customer", "planned_for", id);
CREATE INDEX servicecrm_meeting_customer_held_at ON servicecrm_meeting (tenant, "customer", "held_at", id);
CREATE INDEX servicecrm_meeting_organizer_open_planned_for ON servicecrm_meeting (tenant, "organizer", "open", "planned_for", id);
CREATE INDEX servicecrm_meeting_open_distribute_by ON servicecrm_meeting (tenant, "open", "distribute_by", id);
CREATE INDEX servicecrm_meeting_state_planned_for ON servicecrm_meeting (tenant, "state", "planned_for", id);
CREATE INDEX servicecrm_meeting_due_on ON servicecrm_meeting (tenant, "due_on", id);
CREATE INDEX servicecrm_meeting_held_at ON servicecrm_meeting (tenant, "held_at", id);

CREATE TABLE servicecrm_service_review (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "customer" TEXT COLLATE "C",
    "occasion" TEXT COLLATE "C",
    "organizer" TEXT COLLATE "C",
    "period" TEXT COLLATE "C",
    "planned_for" BIGINT,
    "prepare_by" TEXT COLLATE "C",
    "due_on" TEXT COLLATE "C",
    "held_at" BIGINT,
    "published_at" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_service_review_customer_planned_for ON servicecrm_service_review (tenant, "customer", "planned_for", id);
CREATE INDEX servicecrm_service_review_customer_held_at ON servicecrm_service_review (tenant, "customer", "held_at", id);
CREATE INDEX servicecrm_service_review_organizer_open_planned_for ON servicecrm_service_review (tenant, "organizer", "open", "planned_for", id);
CREATE INDEX servicecrm_service_review_state_prepare_by ON servicecrm_service_review (tenant, "state", "prepare_by", id);
CREATE INDEX servicecrm_service_review_due_on ON servicecrm_service_review (tenant, "due_on", id);
CREATE INDEX servicecrm_service_review_held_at ON servicecrm_service_review (tenant, "held_at", id);
CREATE TABLE servicecrm_service_review_terms (
    tenant TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, field, value, id)
);
CREATE INDEX servicecrm_service_review_terms_id ON servicecrm_service_review_terms (tenant, id);

CREATE TABLE servicecrm_need (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "customer" TEXT COLLATE "C",
    "kind" TEXT COLLATE "C",
    "service" TEXT COLLATE "C",
    "horizon" TEXT COLLATE "C",
    "route" TEXT COLLATE "C",
    "source" TEXT COLLATE "C",
    "duplicate_of" TEXT COLLATE "C",
    "captured_at" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_need_customer_open_horizon ON servicecrm_need (tenant, "customer", "open", "horizon", id);
CREATE INDEX servicecrm_need_customer_captured_at ON servicecrm_need (tenant, "customer", "captured_at", id);
CREATE INDEX servicecrm_need_route_open_horizon ON servicecrm_need (tenant, "route", "open", "horizon", id);
CREATE INDEX servicecrm_need_source ON servicecrm_need (tenant, "source", id);
CREATE INDEX servicecrm_need_duplicate_of ON servicecrm_need (tenant, "duplicate_of", id);
CREATE INDEX servicecrm_need_state_captured_at ON servicecrm_need (tenant, "state", "captured_at", id);

CREATE TABLE servicecrm_review_schedule (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "customer" TEXT COLLATE "C",
    "occasion" TEXT COLLATE "C",
    "owner" TEXT COLLATE "C",
    "started_at" BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX servicecrm_review_schedule_customer_occasion ON servicecrm_review_schedule (tenant, "customer", "occasion", id);
CREATE INDEX servicecrm_review_schedule_occasion_open ON servicecrm_review_schedule (tenant, "occasion", "open", id);
CREATE INDEX servicecrm_review_schedule_owner_open_started_at ON servicecrm_review_schedule (tenant, "owner", "open", "started_at", id);

CREATE TABLE servicecrm_report_spec (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "name" TEXT COLLATE "C",
    "owner" TEXT COLLATE "C",
    "customer" TEXT COLLATE "C",
    "specified_at" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_report_spec_owner_open_specified_at ON servicecrm_report_spec (tenant, "owner", "open", "specified_at", id);
CREATE INDEX servicecrm_report_spec_customer_open ON servicecrm_report_spec (tenant, "customer", "open", id);
CREATE INDEX servicecrm_report_spec_open_name ON servicecrm_report_spec (tenant, "open", "name", id);

CREATE TABLE servicecrm_review_policies (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE servicecrm_proposal (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    schema BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    "number" TEXT COLLATE "C",
    "state" TEXT COLLATE "C",
    "open" BIGINT,
    "kind" TEXT COLLATE "C",
    "about" TEXT COLLATE "C",
    "raised_by" TEXT COLLATE "C",
    "owner" TEXT COLLATE "C",
    "raised_at" BIGINT,
    "search" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, "number")
);
CREATE INDEX servicecrm_proposal_owner_open_raised_at ON servicecrm_proposal (tenant, "owner", "open", "raised_at", id);
CREATE INDEX servicecrm_proposal_raised_by_raised_at ON servicecrm_proposal (tenant, "raised_by", "raised_at", id);
CREATE INDEX servicecrm_proposal_state_raised_at ON servicecrm_proposal (tenant, "state", "raised_at", id);
CREATE TABLE servicecrm_proposal_terms (
    tenant TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, field, value, id)
);
CREATE INDEX servicecrm_proposal_terms_id ON servicecrm_proposal_terms (tenant, id);
