{{%AUTOESCAPE context="HTML"}}
<div class="container">
  <h1>{{m_admin_orders}}</h1>
  {{>_admin_nav}}
  <form class="search-form" action="/admin/orders" role="search" aria-label="{{m_admin_orders}}">
    <div class="field field-wide">
      <label for="order-q">{{m_admin_q}}</label>
      <input class="form-control" id="order-q" type="search" name="q" value="{{q}}" maxlength="254" autocomplete="off"{{#error}} aria-invalid="true" aria-describedby="form-error"{{/error}}>
    </div>
    <div class="field">
      <label for="show_id">{{m_show_number}}</label>
      <input class="form-control" id="show_id" type="text" name="show_id" value="{{show_id}}" inputmode="numeric" pattern="[0-9]{1,18}" autocomplete="off">
    </div>
    <div class="field">
      <label for="status">{{m_admin_status}}</label>
      <select class="form-control select" id="status" name="status">
        <option value="">{{m_admin_any}}</option>
        {{#statuses}}<option value="{{this_status}}"{{#is_chosen}} selected{{/is_chosen}}>{{m_booking_status__this_status}}</option>{{/statuses}}
      </select>
    </div>
    <button class="btn btn-primary">{{m_search}}</button>
  </form>
  {{#error}}<p class="alert-box" role="alert" id="form-error">{{m_admin_refused__error}}</p>{{/error}}
  {{#has_searched}}
  <h2>{{m_admin_found}}</h2>
  {{#no_orders}}<p class="empty">{{m_admin_no_orders}}</p>{{/no_orders}}
  <ul class="bookings">
    {{#orders}}
    <li class="booking-card">
      <span class="booking-text">
        <strong>{{buyer_name}}</strong>
        <span>{{buyer_email}}</span>
        {{#show}}<span>{{title}} · <time datetime="{{starts_at_iso}}">{{starts_at}}</time> · {{venue_name}}, {{hall_name}}</span>{{/show}}
        <span class="muted">{{#places}}{{m_places}}{{/places}}{{seat_list}} · {{amount}} · <time datetime="{{created_at_iso}}">{{created_at}}</time></span>
        <code>{{booking_id}}</code>
      </span>
      <span class="status status-{{status}}">{{m_booking_status__status}}</span>
    </li>
    {{/orders}}
  </ul>
  {{>_pages}}
  {{/has_searched}}
</div>
