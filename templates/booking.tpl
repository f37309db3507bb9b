{{%AUTOESCAPE context="HTML"}}
{{#show}}
<div class="container booking-page" data-booking="/api/v1/bookings/{{booking_id}}" data-status="{{status}}"{{#no_is_over}} data-live="/live/shows/{{show_id}}"{{/no_is_over}}>
  <div class="booking-main">
    {{>_live}}
    {{#is_held}}
    <h1>{{m_almost_yours}}</h1>
    {{#entry}}<p class="lead">{{m_offered_text}}</p>{{/entry}}
    <p class="countdown" role="timer"><span class="icon icon-clock" aria-hidden="true"></span> <span>{{m_held_for}} <strong data-countdown="{{expires_in}}">{{time_left}}</strong></span></p>
    <p class="visually-hidden" role="status" data-said data-minute="{{m_one_minute_left}}"></p>
    {{#failure}}
    <div class="alert-box" role="alert">
      <p><strong>{{m_payment_failed}}</strong></p>
      <p>{{m_failure__code}} {{m_try_again}}</p>
    </div>
    {{/failure}}
    {{>_pay}}
    {{/is_held}}
    {{#is_paying}}
    <h1>{{m_paying}}</h1>
    <div class="panel progress-panel" role="status">
      <progress class="bar" aria-label="{{m_paying}}"></progress>
      {{#no_checkout_url}}<p>{{m_paying_text}}</p>{{/no_checkout_url}}
      {{#checkout_url}}<p>{{m_at_provider}}</p><p><a class="btn btn-primary" href="{{checkout_url}}">{{m_go_to_provider}}</a></p>
      <form method="post" action="/bookings/{{booking_id}}/other_payment" data-once>
        <input type="hidden" name="csrf" value="{{CSRF}}">
        <button class="btn btn-link">{{m_pay_otherwise}}</button>
      </form>{{/checkout_url}}
    </div>
    {{/is_paying}}
    {{#is_paid}}
    <h1>{{m_enjoy}}</h1>
    {{#refused}}<p class="alert-box" role="alert" id="refusal" tabindex="-1">{{m_refund_refused__refused}}</p>{{/refused}}
    <p class="lead">{{m_paid_text}}</p>
    {{#has_files}}
    <p class="ticket-files">
      <a class="btn btn-outline" href="/api/v1/bookings/{{booking_id}}/tickets.pdf">{{m_get_pdf}}</a>
      <a class="btn btn-outline" href="/api/v1/bookings/{{booking_id}}/tickets.ics">{{m_get_calendar}}</a>
    </p>
    {{/has_files}}
    <ul class="tickets">
      {{#tickets}}
      <li class="ticket{{#is_void}} is-void{{/is_void}}">
        <div class="ticket-text p{{palette}} m{{motif}}">
          <p class="ticket-title">{{title}}</p>
          <p>{{starts_at_day}}, {{starts_at_time}}</p>
          <p>{{venue_name}}, {{hall_name}}</p>
          <dl><div><dt>{{m_seat_word__admission}}</dt><dd>{{seat}}</dd></div><div><dt>{{m_price_class}}</dt><dd>{{m_tier__tier}}</dd></div></dl>
        </div>
        <div class="ticket-code">
          {{#no_is_void}}<img src="/api/v1/tickets/{{ticket_id}}/qr.svg" alt="{{m_qr_alt}}" width="180" height="180">{{/no_is_void}}
          {{#no_is_valid}}<p class="stamp">{{m_ticket_status__ticket_status}}</p>{{/no_is_valid}}
        </div>
      </li>
      {{/tickets}}
    </ul>
    {{/is_paid}}
    {{#is_over}}
    <h1>{{m_over__ending}}</h1>
    <p class="lead">{{m_over_text__ending}}</p>
    <p class="next-steps">
      {{#may_choose_again}}<a class="btn btn-primary" href="/shows/{{show_id}}">{{m_choose_again}}</a>{{/may_choose_again}}
      <a class="btn btn-outline" href="/events/{{event_id}}?city={{city_slug:u}}">{{m_other_shows}}</a>
    </p>
    {{/is_over}}
  </div>
  <aside class="panel order" aria-labelledby="order">
    <h2 id="order">{{m_your_booking}}</h2>
    <p class="order-title"><a href="/events/{{event_id}}">{{title}}</a></p>
    <p class="muted"><time datetime="{{starts_at_iso}}">{{starts_at_day}}, {{starts_at_time}}</time><br>{{venue_name}}, {{hall_name}}<br>{{city_name}}</p>
    <ul class="order-seats">
      {{#seats}}<li>{{#no_is_given_back}}<span>{{seat}} <span class="muted">{{m_tier__tier}}</span></span> <span>{{price}}</span>{{/no_is_given_back}}{{#is_given_back}}<del>{{seat}} <span class="muted">{{m_tier__tier}}</span></del> <del>{{price}}</del>{{/is_given_back}}</li>{{/seats}}
    </ul>
    <p class="total"><span>{{m_total}}</span> <strong>{{amount}}</strong></p>
    {{#refunds}}
    <p class="refund"><span>{{#is_pending}}{{m_refund_pending}}{{/is_pending}}{{#is_failed}}{{m_refund_failed}}{{/is_failed}}{{#is_done}}{{m_refund_done}}{{/is_done}} <span class="muted">{{seat_list}}</span></span> <strong>{{amount}}</strong></p>
    {{/refunds}}
    {{#refundable_until}}
    <details class="give-back">
      <summary>{{m_give_back}}</summary>
      <p>{{m_give_back_text}}</p>
      <form method="post" action="/bookings/{{booking_id}}/refund" data-once>
        <input type="hidden" name="csrf" value="{{CSRF}}">
        <button class="btn btn-outline" data-busy="{{m_giving_back}}">{{m_give_back_button}}</button>
      </form>
    </details>
    {{/refundable_until}}
    {{#is_paid}}{{#no_refundable_until}}<p class="small muted">{{m_not_refundable}}</p>{{/no_refundable_until}}{{/is_paid}}
    {{#is_held}}
    <form method="post" action="/bookings/{{booking_id}}/release" data-once>
      <input type="hidden" name="csrf" value="{{CSRF}}">
      <button class="btn btn-link">{{m_release}}</button>
    </form>
    {{/is_held}}
  </aside>
</div>
{{/show}}
