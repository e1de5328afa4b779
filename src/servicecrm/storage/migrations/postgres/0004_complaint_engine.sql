ALTER TABLE servicecrm_complaint ADD COLUMN "feedback" TEXT COLLATE "C";
ALTER TABLE servicecrm_complaint ADD COLUMN "verdict" TEXT COLLATE "C";
ALTER TABLE servicecrm_complaint ADD COLUMN "cause" TEXT COLLATE "C";
ALTER TABLE servicecrm_complaint ADD COLUMN "stage" BIGINT;
ALTER TABLE servicecrm_complaint ADD COLUMN "safety" BIGINT;
ALTER TABLE servicecrm_complaint ADD COLUMN "duplicate_of" TEXT COLLATE "C";
ALTER TABLE servicecrm_complaint ADD COLUMN "contacts" BIGINT;
UPDATE servicecrm_complaint SET
    "feedback" = 'complaint',
    "stage" = 1,
    "safety" = (document::jsonb ->> 'safety')::boolean::int,
    "contacts" = 1 + (
        SELECT count(*) FROM jsonb_array_elements(document::jsonb -> 'moments') AS said
        WHERE said ->> 'kind' = 'message'
            AND said ->> 'side' = 'outside'
            AND said ->> 'code' = 'substantive'
            AND NOT EXISTS (
                SELECT 1 FROM jsonb_array_elements(document::jsonb -> 'moments') AS voiding
                WHERE voiding ->> 'voids' = said ->> 'n'
            )
    );
CREATE INDEX servicecrm_complaint_verdict ON servicecrm_complaint (tenant, "verdict", id);
CREATE INDEX servicecrm_complaint_duplicate_of ON servicecrm_complaint (tenant, "duplicate_of", id);
