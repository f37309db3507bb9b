{{%AUTOESCAPE context="HTML"}}
{{#events}}
<section class="programme-event">
  <h3><a href="/events/{{event_id}}?city={{city_slug:u}}">{{title}}</a></h3>
  <p class="event-facts"><span>{{m_kind__kind}}</span><span>{{m_minutes}}</span>{{#rating}}<span class="rating">{{rating}}</span>{{/rating}}</p>
  <ul class="show-times">
    {{>_show_times}}
  </ul>
</section>
{{/events}}
