{{%AUTOESCAPE context="HTML"}}
<li>
  <a class="event-card" href="/events/{{event_id}}{{#city_slug}}?city={{city_slug:u}}{{#date}}&amp;date={{date:u}}{{/date}}{{/city_slug}}">
    <div class="poster p{{palette}} m{{motif}}">
      <span class="poster-kind">{{m_kind__kind}}</span>
      <h3>{{title}}</h3>
    </div>
    <p class="event-facts"><span>{{m_minutes}}</span>{{#rating}}<span class="rating">{{rating}}</span>{{/rating}}</p>
    {{#next_show_at}}<p class="event-next">{{#next_city}}{{m_next_show_in}}{{/next_city}}{{#no_next_city}}{{m_next_show}}{{/no_next_city}}</p>{{/next_show_at}}
  </a>
</li>
