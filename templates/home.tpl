{{%AUTOESCAPE context="HTML"}}
<section class="welcome">
  <div class="container">
    <h1>{{m_welcome}}</h1>
    <p class="lead">{{m_welcome_text}}</p>
    <form class="big-search" action="/search" role="search">
      <label class="visually-hidden" for="q">{{m_search}}</label>
      <input class="form-control" id="q" type="search" name="q" maxlength="200" placeholder="{{m_search_hint}}" autocomplete="off">
      <button class="btn btn-primary">{{m_search}}</button>
    </form>
  </div>
</section>
<div class="container">
  <section aria-labelledby="cities">
    <h2 id="cities">{{m_pick_city}}</h2>
    {{#no_cities}}<p class="empty">{{m_no_cities}}</p>{{/no_cities}}
    <ul class="cities">
      {{#cities}}
      <li><a href="/cities/{{slug}}">
        <span class="city-name">{{name}}</span>
        <span class="muted">{{m_venues_count}} · {{m_events_count}}</span>
      </a></li>
      {{/cities}}
    </ul>
  </section>
  {{#has_events}}
  <section aria-labelledby="soon">
    <h2 id="soon">{{m_soon}}</h2>
    <ul class="event-grid">
      {{#events}}{{>_event_card}}{{/events}}
    </ul>
  </section>
  {{/has_events}}
</div>
