-- What the gateway may keep for everybody has a lane of its own: what strangers can have made anew, however often, waits there and
-- not before the reads of those who buy.
alter table api.route drop constraint route_lane_known;
alter table api.route add constraint route_lane_known check (lane in ('read', 'browse', 'search', 'write'));
comment on column api.route.lane is 'Which of the server''s connections carry the call: read, browse (what may be kept for everybody), search (what may be slow) or write.';

-- The worker leaves out shows where nothing happens; made anew by sql/ops/live.sql.
drop function if exists ops.watched_changes(bigint[], bigint[]);

-- And a buyer's own channel has another name after each session of theirs that ended.
drop function if exists ops.watch_user(bigint);
drop function if exists ops.watch_caller(bytea);
alter table ops.listeners add column ended_sessions bigint not null default 0;
alter table ops.listeners add constraint listeners_ended_sessions_not_negative check (ended_sessions >= 0);
comment on column ops.listeners.ended_sessions is 'How many sessions ended while the user listened: part of the name of their channel.';
