{{%AUTOESCAPE context="HTML"}}
<div class="container">
  <nav class="crumbs" aria-label="{{m_breadcrumb}}"><a href="/">{{m_all_cities}}</a></nav>
  <h1>{{m_whats_on_in}}</h1>
  <p><a href="/cities/{{slug}}/times">{{m_all_times}}</a></p>
  <nav class="days" aria-label="{{m_days}}">
    <a href="/cities/{{slug}}{{#kind}}?kind={{kind:u}}{{/kind}}"{{#no_date}} aria-current="true"{{/no_date}}><span class="day-all">{{m_any_day}}</span></a>
    {{#days}}
    <a href="/cities/{{slug}}?date={{day:u}}{{#kind}}&amp;kind={{kind:u}}{{/kind}}"{{#is_chosen}} aria-current="true"{{/is_chosen}}>{{>_day}}</a>
    {{/days}}
  </nav>
  <nav class="kinds" aria-label="{{m_kinds}}">
    <a href="/cities/{{slug}}{{#date}}?date={{date:u}}{{/date}}"{{#no_kind}} aria-current="true"{{/no_kind}}>{{m_all_kinds}}</a>
    {{#kinds}}
    <a href="/cities/{{slug}}?kind={{this_kind:u}}{{#date}}&amp;date={{date:u}}{{/date}}"{{#is_chosen}} aria-current="true"{{/is_chosen}}>{{m_kinds__this_kind}}</a>
    {{/kinds}}
  </nav>
  {{#no_events}}<p class="empty">{{m_nothing_on}}</p>{{/no_events}}
  <h2 class="visually-hidden">{{m_events_count}}</h2>
  <ul class="event-grid">
    {{#events}}{{>_event_card}}{{/events}}
  </ul>
  {{>_pages}}
</div>
