{{%AUTOESCAPE context="HTML"}}
<div class="container">
  <nav class="crumbs" aria-label="{{m_breadcrumb}}"><a href="/cities/{{city_slug}}">{{city_name}}</a></nav>
  <h1>{{name}}</h1>
  <p class="muted"><span class="icon icon-pin" aria-hidden="true"></span> {{address}}{{#postal_code}}, {{postal_code}}{{/postal_code}}, {{city_name}} · <a href="https://www.openstreetmap.org/?mlat={{latitude:u}}&amp;mlon={{longitude:u}}&amp;zoom=17" rel="external">{{m_venue_map}}</a> · <a href="https://www.openstreetmap.org/directions?to={{latitude:u}}%2C{{longitude:u}}" rel="external">{{m_venue_directions}}</a></p>
  <p class="muted">{{m_venue_kind__venue_kind}}{{#has_halls}} · {{m_venue_halls}} · {{m_venue_places}}{{/has_halls}}</p>
  <h2>{{m_shows}}</h2>
  {{#no_has_days}}<p class="empty">{{m_no_shows}}</p>{{/no_has_days}}
  {{#has_days}}
  <nav class="days" aria-label="{{m_days}}">
    {{#days}}
    <a href="/venues/{{venue_id}}?date={{day:u}}"{{#is_chosen}} aria-current="true"{{/is_chosen}}>{{>_day}}</a>
    {{/days}}
  </nav>
  {{/has_days}}
  {{>_programme}}
</div>
