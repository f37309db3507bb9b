{{%AUTOESCAPE context="HTML"}}
<div class="container">
  <nav class="crumbs" aria-label="{{m_breadcrumb}}"><a href="/cities/{{slug}}">{{city_name}}</a></nav>
  <h1>{{m_times_in}}</h1>
  {{#no_has_days}}<p class="empty">{{m_no_shows}}</p>{{/no_has_days}}
  {{#has_days}}
  <nav class="days" aria-label="{{m_days}}">
    {{#days}}
    <a href="/cities/{{slug}}/times?date={{day:u}}"{{#is_chosen}} aria-current="true"{{/is_chosen}}>{{>_day}}</a>
    {{/days}}
  </nav>
  {{/has_days}}
  {{#venues}}
  <article class="venue">
    <header>
      <h2><a href="/venues/{{venue_id}}">{{name}}</a></h2>
      <p class="muted"><span class="icon icon-pin" aria-hidden="true"></span> {{address}}{{#postal_code}}, {{postal_code}}{{/postal_code}}</p>
    </header>
    {{>_programme}}
  </article>
  {{/venues}}
  {{>_pages}}
</div>
