ALTER TABLE servicecrm_complaint ADD COLUMN "feedback" TEXT;
ALTER TABLE servicecrm_complaint ADD COLUMN "verdict" TEXT;
ALTER TABLE servicecrm_complaint ADD COLUMN "cause" TEXT;
ALTER TABLE servicecrm_complaint ADD COLUMN "stage" BIGINT;
ALTER TABLE servicecrm_complaint ADD COLUMN "safety" BIGINT;
ALTER TABLE servicecrm_complaint ADD COLUMN "duplicate_of" TEXT;
ALTER TABLE servicecrm_complaint ADD COLUMN "contacts" BIGINT;
UPDATE servicecrm_complaint SET
    "feedback" = 'complaint',
    "stage" = 1,
    "safety" = json_extract(document, '$.safety'),
    "contacts" = 1 + (
        SELECT count(*) FROM json_each(document, '$.moments') AS said
        WHERE json_extract(said.value, '$.kind') = 'message'
            AND json_extract(said.value, '$.side') = 'outside'
            AND json_extract(said.value, '$.code') = 'substantive'
            AND NOT EXISTS (
                SELECT 1 FROM json_each(document, '$.moments') AS voiding
                WHERE json_extract(voiding.value, '$.voids') = json_extract(said.value, '$.n')
            )
    );
CREATE INDEX servicecrm_complaint_verdict ON servicecrm_complaint (tenant, "verdict", id);
CREATE INDEX servicecrm_complaint_duplicate_of ON servicecrm_complaint (tenant, "duplicate_of", id);
