{{%AUTOESCAPE context="HTML"}}
<div class="container">
  <nav class="crumbs" aria-label="{{m_breadcrumb}}"><a href="/account">{{m_account}}</a></nav>
  <h1>{{m_orders}}</h1>
  <nav class="kinds" aria-label="{{m_orders}}">
    <a href="/orders"{{#is_upcoming}} aria-current="true"{{/is_upcoming}}>{{m_orders_upcoming}}</a>
    <a href="/orders?when=past"{{#is_past}} aria-current="true"{{/is_past}}>{{m_orders_past}}</a>
  </nav>
  {{#no_bookings}}<p class="empty">{{#is_upcoming}}{{m_orders_none}}{{/is_upcoming}}{{#is_past}}{{m_orders_none_past}}{{/is_past}} <a href="/">{{m_see_whats_on}}</a></p>{{/no_bookings}}
  {{>_bookings}}
  {{>_pages}}
</div>
