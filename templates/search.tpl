{{%AUTOESCAPE context="HTML"}}
<div class="container">
  <h1>{{m_search}}</h1>
  <form class="search-form" action="/search" role="search">
    <div class="field field-wide">
      <label for="q">{{m_search_words}}</label>
      <input class="form-control" id="q" type="search" name="q" value="{{q}}" maxlength="200" placeholder="{{m_search_hint}}" autocomplete="off">
    </div>
    <div class="field">
      <label for="city">{{m_city}}</label>
      <select class="form-control select" id="city" name="city">
        <option value="">{{m_all_cities}}</option>
        {{#cities}}<option value="{{slug}}"{{#is_chosen}} selected{{/is_chosen}}>{{name}}</option>{{/cities}}
      </select>
    </div>
    <div class="field">
      <label for="kind">{{m_kind}}</label>
      <select class="form-control select" id="kind" name="kind">
        <option value="">{{m_all_kinds}}</option>
        {{#kinds}}<option value="{{this_kind}}"{{#is_chosen}} selected{{/is_chosen}}>{{m_kinds__this_kind}}</option>{{/kinds}}
      </select>
    </div>
    <div class="field">
      <label for="date">{{m_date}}</label>
      <input class="form-control" id="date" type="date" name="date" value="{{date}}">
    </div>
    <button class="btn btn-primary">{{m_search}}</button>
  </form>
  {{#suggestion}}<p class="notice">{{m_did_you_mean}} <a href="/search?q={{suggestion:u}}">{{suggestion}}</a></p>{{/suggestion}}
  {{#place}}<p class="notice">{{m_results_in_place}}</p>{{/place}}
  {{#has_searched}}
  <h2>{{m_results}}</h2>
  {{#no_events}}<p class="empty">{{m_nothing_found}}</p>{{/no_events}}
  {{/has_searched}}
  <ul class="results">
    {{#events}}
    <li class="result">
      <a class="poster poster-small p{{palette}} m{{motif}}" href="/events/{{event_id}}" tabindex="-1" aria-hidden="true"></a>
      <div>
        <h3><a href="/events/{{event_id}}">{{title}}</a></h3>
        <p class="event-facts"><span>{{m_kind__kind}}</span><span>{{m_minutes}}</span>{{#rating}}<span class="rating">{{rating}}</span>{{/rating}}</p>
        {{#has_shows}}
        <ul class="next-shows">
          {{#shows}}<li><a class="chip" href="/shows/{{show_id}}"><time datetime="{{starts_at_iso}}">{{starts_at}}</time> <span class="muted">{{venue_name}}, {{city_name}}</span></a></li>{{/shows}}
        </ul>
        {{/has_shows}}
      </div>
    </li>
    {{/events}}
  </ul>
  {{>_pages}}
</div>
