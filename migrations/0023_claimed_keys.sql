-- It answers the key of each row beside the job.
drop function if exists ops.claim_outbox(text, text[], integer, integer);
