{{%AUTOESCAPE context="HTML"}}
{{#shows}}
<li><a class="show-time{{#is_closed}} is-closed{{/is_closed}}" href="/shows/{{show_id}}">
  <time datetime="{{starts_at_iso}}">{{starts_at_time}}</time>
  <span class="show-hall">{{hall_name}}</span>
  {{#price_from}}<span class="show-price">{{m_price_from}}</span>{{/price_from}}
  <span class="show-left left-{{availability}}">{{m_availability__availability}}</span>
</a></li>
{{/shows}}
