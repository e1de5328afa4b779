ALTER TABLE servicecrm_outbox ADD COLUMN failed_at BIGINT;
DROP INDEX servicecrm_outbox_waiting;
CREATE INDEX servicecrm_outbox_waiting ON servicecrm_outbox (tenant, place)
    WHERE delivered_at IS NULL AND failed_at IS NULL;
CREATE INDEX servicecrm_outbox_failed ON servicecrm_outbox (tenant, place) WHERE failed_at IS NOT NULL;
