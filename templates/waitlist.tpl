{{%AUTOESCAPE context="HTML"}}
{{#show}}
<div class="container booking-page waitlist-page" data-status="{{status}}"{{#is_live}} data-entry="/api/v1/waitlist/{{entry_id}}" data-show="/api/v1/shows/{{show_id}}" data-live="/live/shows/{{show_id}}"{{/is_live}}>
  <div class="booking-main">
    {{>_live}}
    {{#is_waiting}}
    <h1>{{m_waiting}}</h1>
    <dl class="queue-place">
      <div><dt>{{m_queue_place}}</dt><dd><span role="status" data-position>{{position}}</span></dd></div>
      <div><dt>{{m_queue_held}}</dt><dd data-held>{{seats_held}}</dd></div>
    </dl>
    <p class="lead" data-next{{#no_is_next}} hidden{{/no_is_next}}>{{m_queue_next}}</p>
    <section class="panel" aria-labelledby="what">
      <h2 id="what">{{m_what_can_happen}}</h2>
      <ul class="can-happen">
        <li>{{m_queue_order__policy}}</li>
        {{#no_is_buy}}<li>{{m_queue_offer}}</li>{{/no_is_buy}}
        {{#is_buy}}<li>{{#method}}{{m_queue_buy_with}}{{/method}}{{#no_method}}{{m_queue_buy}}{{/no_method}}</li>{{/is_buy}}
        <li>{{m_queue_until}}</li>
        <li>{{m_queue_hopeless}}</li>
        <li>{{m_queue_away}}</li>
      </ul>
    </section>
    {{/is_waiting}}
    {{#is_offered}}
    <h1>{{m_queue_offered}}</h1>
    <p class="lead">{{m_queue_offered_text}}</p>
    <p><a class="btn btn-primary btn-lg" href="/bookings/{{booking_id}}">{{m_take_offer}}</a></p>
    {{/is_offered}}
    {{#is_buying}}
    <h1>{{m_queue_buying}}</h1>
    <div class="panel progress-panel" role="status">
      <progress class="bar" aria-label="{{m_queue_buying}}"></progress>
      <p>{{m_queue_buying_text}}</p>
    </div>
    {{/is_buying}}
    {{#is_fulfilled}}
    <h1>{{m_queue_fulfilled}}</h1>
    <p class="lead">{{m_queue_fulfilled_text}}</p>
    <p><a class="btn btn-primary btn-lg" href="/bookings/{{booking_id}}">{{m_see_tickets}}</a></p>
    {{/is_fulfilled}}
    {{#is_over}}
    <h1>{{m_queue_end__end_reason}}</h1>
    <p class="lead">{{m_queue_end_text__end_reason}}</p>
    <p class="next-steps">
      {{#may_join_again}}<a class="btn btn-primary" href="/shows/{{show_id}}">{{m_back_to_show}}</a>{{/may_join_again}}
      <a class="btn btn-outline" href="/events/{{event_id}}?city={{city_slug:u}}">{{m_other_shows}}</a>
    </p>
    {{/is_over}}
  </div>
  <aside class="panel order" aria-labelledby="order">
    <h2 id="order">{{m_your_wish}}</h2>
    <p class="order-title"><a href="/events/{{event_id}}">{{title}}</a></p>
    <p class="muted"><time datetime="{{starts_at_iso}}">{{starts_at_day}}, {{starts_at_time}}</time><br>{{venue_name}}, {{hall_name}}<br>{{city_name}}</p>
    <ul class="order-seats">
      <li><span>{{m_seats_wanted}}</span> <span>{{quantity}}</span></li>
      <li><span>{{m_price_class}}</span> <span>{{#tier}}{{m_tier__tier}}{{/tier}}{{#no_tier}}{{m_any_tier}}{{/no_tier}}</span></li>
      <li><span>{{#is_buy}}{{m_mode_buy}}{{/is_buy}}{{#no_is_buy}}{{m_mode_offer}}{{/no_is_buy}}</span></li>
    </ul>
    {{#is_waiting}}
    <form method="post" action="/waitlist/{{entry_id}}/leave" data-once>
      <input type="hidden" name="csrf" value="{{CSRF}}">
      <button class="btn btn-link">{{m_leave_queue}}</button>
    </form>
    {{/is_waiting}}
  </aside>
</div>
{{/show}}
