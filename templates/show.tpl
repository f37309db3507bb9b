{{%AUTOESCAPE context="HTML"}}
{{#show}}
<div class="show-head p{{palette}} m{{motif}}">
  <div class="container">
    <nav class="crumbs" aria-label="{{m_breadcrumb}}"><a href="/events/{{event_id}}?city={{city_slug:u}}">{{m_other_shows}}</a></nav>
    <h1>{{title}}</h1>
    <p><time datetime="{{starts_at_iso}}">{{starts_at_day}}, <strong>{{starts_at_time}}</strong></time> · <a href="/venues/{{venue_id}}">{{venue_name}}</a>, {{hall_name}}, {{city_name}}</p>
  </div>
</div>
<div class="container">
  {{#own_bookings}}
  <p class="notice"><span class="icon icon-ticket" aria-hidden="true"></span> <span>{{#seat_list}}{{m_own_hold}}{{/seat_list}}{{#places}}{{m_own_hold_places}}{{/places}} <a href="/bookings/{{booking_id}}">{{m_go_to_booking}}</a></span></p>
  {{/own_bookings}}
  {{#own_entry}}
  <p class="notice"><span class="icon icon-clock" aria-hidden="true"></span> <span>{{m_own_entry}} <a href="/waitlist/{{entry_id}}">{{m_see_my_place}}</a></span></p>
  {{/own_entry}}
  {{#refusal}}
  <div class="alert-box" role="alert" id="refusal" tabindex="-1">
    <p><strong>{{m_refused_title__refused}}</strong></p>
    <p>{{m_refused__refused}}</p>
    {{#kept}}<p>{{m_kept}}</p>{{/kept}}
  </div>
  {{/refusal}}
  {{#is_sold_out}}<p class="notice">{{m_sold_out}}</p>{{/is_sold_out}}
  {{#is_sold}}<p class="notice"><span>{{m_sold_to_the_last}} <a href="/events/{{event_id}}?city={{city_slug:u}}">{{m_other_shows}}</a></span></p>{{/is_sold}}
  {{#join}}{{>_join}}{{/join}}
  {{#no_is_open}}
  <div class="panel closed-show">
    <h2>{{m_not_open__state}}</h2>
    <p>{{m_not_open_text__state}}</p>
    <p><a class="btn btn-primary" href="/events/{{event_id}}?city={{city_slug:u}}">{{m_other_shows}}</a></p>
  </div>
  {{/no_is_open}}
  {{#is_open}}
  {{>_live}}
  {{#map}}{{>_seat_map}}{{/map}}
  {{#is_general}}{{>_places}}{{/is_general}}
  {{/is_open}}
</div>
{{/show}}
