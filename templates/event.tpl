{{%AUTOESCAPE context="HTML"}}
<div class="hero p{{palette}} m{{motif}}">
  <div class="container">
    <p class="poster-kind">{{m_kind__kind}}</p>
    <h1>{{title}}</h1>
    {{#original_title}}<p class="original-title">{{original_title}}</p>{{/original_title}}
    <p class="event-facts"><span>{{m_minutes}}</span>{{#rating}}<span class="rating">{{rating}}</span>{{/rating}}{{#year}}<span>{{year}}</span>{{/year}}{{#genres}}<span>{{m_genre__genre_key}}</span>{{/genres}}</p>
  </div>
</div>
<div class="container event-page">
  <div class="about">
    {{#description}}<p class="lead">{{description}}</p>{{/description}}
    {{#has_people}}<p class="people"><strong>{{m_people}}</strong> {{#people}}{{people}}{{#people_separator}}, {{/people_separator}}{{/people}}</p>{{/has_people}}
  </div>
  <section aria-labelledby="shows">
    <h2 id="shows">{{m_shows}}</h2>
    {{#no_cities}}<p class="empty">{{m_no_shows}}</p>{{/no_cities}}
    {{#has_cities}}
    <nav class="kinds" aria-label="{{m_cities}}">
      {{#cities}}<a href="/events/{{event_id}}?city={{slug:u}}"{{#is_chosen}} aria-current="true"{{/is_chosen}}>{{name}}</a>{{/cities}}
    </nav>
    {{/has_cities}}
    {{#has_days}}
    <nav class="days" aria-label="{{m_days}}">
      {{#days}}
      <a href="/events/{{event_id}}?city={{city_slug:u}}&amp;date={{day:u}}"{{#is_chosen}} aria-current="true"{{/is_chosen}}>{{>_day}}</a>
      {{/days}}
    </nav>
    {{/has_days}}
    {{#venues}}
    <article class="venue">
      <header>
        <h3><a href="/venues/{{venue_id}}">{{name}}</a></h3>
        <p class="muted"><span class="icon icon-pin" aria-hidden="true"></span> {{address}}{{#postal_code}}, {{postal_code}}{{/postal_code}}</p>
      </header>
      <ul class="show-times">
        {{>_show_times}}
      </ul>
    </article>
    {{/venues}}
  </section>
</div>
