{{%AUTOESCAPE context="HTML"}}
<ul class="bookings">
  {{#bookings}}
  {{#show}}
  <li><a class="booking-card" href="/bookings/{{booking_id}}">
    <span class="poster poster-small p{{palette}} m{{motif}}" aria-hidden="true"></span>
    <span class="booking-text">
      <strong>{{title}}</strong>
      <span><time datetime="{{starts_at_iso}}">{{starts_at}}</time> · {{venue_name}}</span>
      <span class="muted">{{#places}}{{m_places}}{{/places}}{{seat_list}} · {{amount}}</span>
    </span>
    <span class="status status-{{status}}">{{m_booking_status__status}}</span>
  </a></li>
  {{/show}}
  {{/bookings}}
</ul>
