create or replace view report.audit as
select
    a.audit_id,
    a.happened_at,
    a.user_id,
    a.role,
    a.action,
    a.arguments
from ops.audit as a;

comment on view report.audit is 'Who of the staff changed what, and when.';
