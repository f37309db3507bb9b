-- The registry of our SQLSTATEs, and the one way to raise them. Nobody branches on a message. What becomes of PostgreSQL's
-- own SQLSTATEs, server/api/problem.hpp says. `detail` is told when the place that raises has nothing more particular to say,
-- and on the error's page, /problems/CODE.

delete from api.error;

insert into api.error (sqlstate, code, status, title, detail, title_zh, detail_zh) values
    -- the request
    ('BX400', 'invalid_request', 400, 'Invalid request',
        'A field is missing, unknown, or not what is expected. The member field names it.',
        '请求无效', '有字段缺失、未知或不符合要求，见 field。'),
    ('BX401', 'not_signed_in', 401, 'Authentication required',
        'Send the token of a login as Authorization: Bearer TOKEN, or an API key as Api-Key: KEY. A session that has ended needs a new login.',
        '需要登录', '请以 Authorization: Bearer TOKEN 发送登录令牌，或以 Api-Key: KEY 发送 API 密钥；会话失效后请重新登录。'),
    ('BX402', 'wrong_credentials', 401, 'Wrong e-mail or password',
        'No account has this e-mail address with this password.',
        '邮箱或密码不正确', '没有使用该邮箱和密码的账户。'),
    ('BX403', 'forbidden', 403, 'Not allowed',
        'Your account does not have permission to do this.',
        '没有权限', '您的账户没有此项操作的权限。'),
    ('BX404', 'not_found', 404, 'Not found',
        'There is nothing at this address, or it belongs to another account.',
        '没有找到', '该地址没有内容，或内容属于其他账户。'),
    ('BX405', 'method_not_allowed', 405, 'Method not allowed',
        'This address does not accept this method. The header Allow lists those that it does.',
        '方法不被允许', '该地址不接受此方法；Allow 标头列出可用的方法。'),
    ('BX406', 'bad_signature', 400, 'Invalid signature',
        'The header Stripe-Signature is missing, wrong or too old.',
        '签名无效', 'Stripe-Signature 标头缺失、错误或已过期。'),
    ('BX413', 'too_large', 413, 'The request is too large',
        'A body has at most 1 MiB, the headers together 16 KiB. Send less at once.',
        '请求过大', '正文最多 1 MiB，标头合计最多 16 KiB，请减少一次发送的内容。'),
    ('BX415', 'unsupported_media_type', 415, 'Content type not supported',
        'The API takes application/json in UTF-8, a page application/x-www-form-urlencoded.',
        '不支持的内容类型', 'API 接受 UTF-8 编码的 application/json，页面接受 application/x-www-form-urlencoded。'),
    ('BX429', 'rate_limited', 429, 'Too many requests',
        'Wait for the seconds in Retry-After, then send fewer requests.',
        '请求过多', '请等待 Retry-After 所示的秒数，并降低请求频率。'),
    ('BX500', 'internal_error', 500, 'Something went wrong on our side',
        'The fault was recorded. Quote the incident when you contact us.',
        '我们的系统出了问题', '故障已记录；联系我们时请提供 incident。'),
    ('BX501', 'not_implemented', 501, 'Not implemented',
        'This server does not support this version or feature of HTTP.',
        '未实现', '此服务器不支持该 HTTP 版本或功能。'),
    ('BX503', 'busy', 503, 'Busy, try again',
        'Nothing was changed. Try again after the seconds in Retry-After.',
        '繁忙，请重试', '没有任何更改，请在 Retry-After 所示的秒数后重试。'),
    ('BX504', 'timeout', 504, 'It took too long',
        'The request took too long and was given up. Nothing was changed.',
        '超时', '处理时间过长，请求已中止，没有任何更改。'),
    ('BX505', 'outcome_unknown', 503, 'The outcome is not known',
        'The connection to the database was lost. Check whether it was done before you repeat it, or send an Idempotency-Key: with it a repeat is harmless.',
        '结果未知', '与数据库的连接中断。请先确认操作是否已完成再重试；或发送 Idempotency-Key，重复请求便不会重复执行。'),
    ('BX506', 'not_ready', 503, 'Not ready',
        'The server cannot use its database yet. Nothing was changed.',
        '尚未就绪', '服务器暂时无法使用数据库，没有任何更改。'),
    -- holding
    ('BX901', 'seats_taken', 409, 'Seats just taken',
        'Some of the seats are no longer available. Choose others: taken lists those that are gone.',
        '座位刚被选走', '部分座位已不可选，请另选座位；taken 列出已被选走的座位。'),
    ('BX902', 'sold_out', 409, 'Sold out',
        'No seat of this show is available. If waitlist_open is true, you can join its waiting list.',
        '已售罄', '本场已无可售座位；waitlist_open 为 true 时可以候补。'),
    ('BX903', 'not_together', 409, 'Not enough seats together',
        'There are not enough seats side by side. Ask for fewer, for another tier, or with "together": false.',
        '没有足够的连座', '没有足够的相邻座位，请减少数量、更换票档，或以 "together": false 请求。'),
    ('BX904', 'too_many_seats', 422, 'Too many seats',
        'A buyer can hold at most max_seats seats of this show at once.',
        '座位过多', '每位购票人在本场同时最多保留 max_seats 个座位。'),
    ('BX905', 'unknown_seat', 422, 'Unknown seat',
        'The show does not have these seats; the layout lists those it has.',
        '没有这个座位', '本场没有这些座位；座位图列出全部座位。'),
    ('BX906', 'not_on_sale', 422, 'Not on sale',
        'The sale of this show has not started, or is over.',
        '未在售', '本场尚未开售，或已停止售票。'),
    ('BX907', 'idempotency_key_reused', 422, 'Idempotency key already used',
        'The key belongs to an earlier request that asked for something else. Use a new key.',
        '幂等键已被使用', '该键属于先前一个内容不同的请求，请使用新的键。'),
    -- bookings and payments
    ('BX911', 'not_held', 409, 'The booking is not held',
        'Only a booking that is still held can be released or paid.',
        '订单已不在保留中', '只有仍在保留中的订单才能取消或付款。'),
    ('BX912', 'hold_expired', 409, 'The hold has expired',
        'The time to pay is over and nothing was charged. Hold the seats again.',
        '保留已过期', '付款时间已过，未扣款，请重新选座。'),
    ('BX913', 'already_paid', 409, 'Already paid',
        'The booking is paid, or a payment is being processed.',
        '已付款', '订单已付款，或付款正在处理中。'),
    ('BX914', 'too_late', 409, 'Too late',
        'The time for this has passed.',
        '已过时限', '此项操作的时限已过。'),
    ('BX915', 'not_paid', 409, 'Not paid',
        'The booking has no paid tickets.',
        '未付款', '该订单没有已付款的票。'),
    ('BX916', 'nothing_to_settle', 409, 'Nothing to settle',
        'No refund has failed here, and nothing that the payment provider reported is left to look into.',
        '没有待处理的事项', '这笔付款没有失败的退款，也没有需要核查的差异。'),
    -- entering
    ('BX931', 'already_used', 409, 'Ticket already used',
        'The ticket was scanned before; used_at and gate say when and where.',
        '票已使用', '此票已检过；used_at 和 gate 为时间和入口。'),
    ('BX932', 'void_ticket', 422, 'Void ticket',
        'The ticket was refunded or cancelled and does not admit.',
        '票已作废', '此票已退或已取消，不能入场。'),
    ('BX933', 'wrong_show', 422, 'Wrong show',
        'The ticket is valid for another show.',
        '场次不符', '此票属于另一场次。'),
    ('BX934', 'bad_code', 422, 'Invalid ticket',
        'The code is unknown or forged.',
        '无效的票', '票码未知或系伪造。'),
    ('BX935', 'show_cancelled', 422, 'The show is cancelled',
        'No ticket of a cancelled show admits.',
        '演出已取消', '已取消场次的票不能入场。'),
    ('BX936', 'not_used', 409, 'The ticket was not used',
        'There is no admission of this ticket to undo.',
        '票未使用', '此票没有可撤销的检票记录。'),
    -- the waiting list
    ('BX941', 'seats_available', 409, 'Seats are available',
        'Enough seats are available now: hold them instead of waiting.',
        '尚有余座', '现有足够座位，请直接选座，无需候补。'),
    ('BX942', 'cannot_be_met', 409, 'Not enough seats can become available',
        'Too many seats are sold or blocked for this number ever to come free. Ask for fewer, or for another tier.',
        '候补无法满足', '已售出或停售的座位过多，不可能再空出这么多，请减少数量或更换票档。'),
    ('BX943', 'already_waiting', 409, 'Already on the waiting list',
        'A buyer has one entry on the waiting list of a show; entry_id names yours.',
        '已在候补', '每场每人只能有一个候补，见 entry_id。'),
    ('BX944', 'waitlist_closed', 409, 'No waiting list',
        'This show has no waiting list.',
        '不可候补', '本场不接受候补。'),
    ('BX945', 'no_payment_method', 409, 'No payment method',
        'To have seats bought automatically, name a payment method or save one first.',
        '没有付款方式', '自动购买需要指定付款方式，或先保存一个。'),
    ('BX946', 'not_waiting', 409, 'No longer waiting',
        'The entry has ended, or its seats are being paid for.',
        '已不在候补中', '该候补已结束，或其座位正在付款。'),
    -- accounts and catalogue
    ('BX917', 'disputed', 409, 'The payment is disputed',
        'The buyer''s bank is taking back what was paid, or has; the provider refuses to refund it. dispute_status says how it stands.',
        '款项有争议', '购票人的银行正在或已经追回该款项，支付平台无法退款；dispute_status 为当前状态。'),
    ('BX920', 'not_verified', 403, 'Address not confirmed',
        'Confirm your e-mail address first, by the link in the mail that was sent to it.',
        '邮箱尚未确认', '请先通过邮件中的链接确认您的邮箱。'),
    ('BX921', 'email_taken', 409, 'E-mail already registered',
        'An account has this e-mail address. Sign in, or have the password reset.',
        '邮箱已注册', '该邮箱已有账户，请登录或重设密码。'),
    ('BX922', 'in_use', 409, 'Still in use',
        'Something depends on it; used_by says what.',
        '仍在使用', '尚有内容依赖于它，见 used_by。'),
    ('BX923', 'already_exists', 409, 'Already exists',
        'There is one with this value already; field names it.',
        '已存在', '已有相同的值，见 field。'),
    ('BX925', 'hall_taken', 409, 'The hall is taken',
        'Another show is in the hall at this time, or the hall is being cleaned after it; show_id names the show. Choose another time or hall.',
        '影厅已被占用', '该时段影厅已安排其他场次或正在清场，见 show_id，请更换时间或影厅。'),
    ('BX924', 'link_expired', 409, 'Link expired',
        'The link is unknown, was used, or has expired. Ask for a new one.',
        '链接已失效', '该链接未知、已使用或已过期，请重新申请。');

create or replace function api.raise(
    p_code text,
    p_detail jsonb default '{}',
    p_message text default null
)
returns void
language plpgsql
stable
as $$
-- Raises the registered error p_code: its SQLSTATE, p_message (else its title) as the message, p_detail as JSON detail.
declare
    v_sqlstate text;
    v_title text;
begin
    select e.sqlstate, e.title
    into v_sqlstate, v_title
    from api.error as e
    where e.code = p_code;

    if v_sqlstate is null then
        raise exception 'no error is registered as %', p_code;
    end if;

    raise exception using
        errcode = v_sqlstate,
        message = coalesce(p_message, v_title),
        detail = p_detail::text;
end;
$$;

create or replace function api.raise_invalid(
    p_field text,
    p_message text
)
returns void
language sql
stable
as $$
-- Raises invalid_request for one field of the request.
    select api.raise('invalid_request', jsonb_build_object('field', p_field), p_message);
$$;

create or replace function api.refusal(
    p_code text,
    p_members json default '{}'
)
returns json
language plpgsql
stable
as $$
-- As api.raise, but for a function to answer with: the client gets the same problem, and what was written stays.
begin
    return (
        select json_build_object('refused', e.sqlstate, 'members', p_members)
        from api.error as e
        where e.code = p_code
    );
end;
$$;

create or replace function api.raise_in_use(
    p_used_by text,
    p_count bigint
)
returns void
language plpgsql
stable
as $$
-- Raises in_use, naming by what and how many of them, unless there are none.
begin
    if p_count > 0 then
        perform api.raise(
            'in_use',
            jsonb_build_object('used_by', p_used_by, 'count', p_count),
            format('It has %s: %s.', replace(p_used_by, '_', ' '), p_count)
        );
    end if;
end;
$$;

create or replace function api.sqlstate_of(p_code text)
returns text
language sql
stable
as $$
-- The SQLSTATE of a registered code: for verdicts that travel as values.
    select e.sqlstate
    from api.error as e
    where e.code = p_code;
$$;
