{{%AUTOESCAPE context="HTML"}}
<div class="container account-page">
  <div>
    <h1>{{m_my_tickets}}</h1>
    {{#has_entries}}
    <section aria-labelledby="waiting">
      <h2 id="waiting">{{m_my_queues}}</h2>
      <ul class="bookings">
        {{#entries}}
        {{#show}}
        <li><a class="booking-card" href="/waitlist/{{entry_id}}">
          <span class="poster poster-small p{{palette}} m{{motif}}" aria-hidden="true"></span>
          <span class="booking-text">
            <strong>{{title}}</strong>
            <span><time datetime="{{starts_at_iso}}">{{starts_at}}</time> · {{venue_name}}</span>
            <span class="muted">{{m_seats_waited_for}}</span>
          </span>
          <span class="status status-{{status}}">{{m_entry_status__status}}</span>
        </a></li>
        {{/show}}
        {{/entries}}
      </ul>
    </section>
    <h2>{{m_my_bookings}}</h2>
    {{/has_entries}}
    {{#no_bookings}}<p class="empty">{{m_no_bookings}} <a href="/">{{m_see_whats_on}}</a></p>{{/no_bookings}}
    <ul class="bookings">
      {{#bookings}}
      {{#show}}
      <li><a class="booking-card" href="/bookings/{{booking_id}}">
        <span class="poster poster-small p{{palette}} m{{motif}}" aria-hidden="true"></span>
        <span class="booking-text">
          <strong>{{title}}</strong>
          <span><time datetime="{{starts_at_iso}}">{{starts_at}}</time> · {{venue_name}}</span>
          <span class="muted">{{#places}}{{m_places}}{{/places}}{{seat_list}} · {{amount}}</span>
        </span>
        <span class="status status-{{status}}">{{m_booking_status__status}}</span>
      </a></li>
      {{/show}}
      {{/bookings}}
    </ul>
    {{>_pages}}
  </div>
  <aside>
    <section class="panel" aria-labelledby="me">
      <h2 id="me">{{m_account}}</h2>
      {{#is_saved}}<p class="notice" role="status">{{m_saved}}</p>{{/is_saved}}
      {{#error}}<p class="alert-box" role="alert" id="form-error">{{m_form_error__error}}</p>{{/error}}
      <form method="post" action="/account" data-once>
        <input type="hidden" name="csrf" value="{{CSRF}}">
        <p class="muted">{{USER_EMAIL}}</p>
        <div class="field">
          <label for="name">{{m_name}}</label>
          <input class="form-control" id="name" type="text" name="name" value="{{name}}" required maxlength="200" autocomplete="name"{{#error}} aria-invalid="true" aria-describedby="form-error"{{/error}}>
        </div>
        <div class="field">
          <label for="preferred_language">{{m_language}}</label>
          <select class="form-control select" id="preferred_language" name="preferred_language">
            <option value="en" lang="en"{{#prefers_en}} selected{{/prefers_en}}>English</option>
            <option value="zh" lang="zh"{{#prefers_zh}} selected{{/prefers_zh}}>中文</option>
          </select>
        </div>
        <button class="btn btn-outline">{{m_save}}</button>
      </form>
    </section>
    <section class="panel" aria-labelledby="methods">
      <h2 id="methods">{{m_payment_methods}}</h2>
      <p class="muted">{{m_payment_methods_text}}{{#no_methods}} {{m_no_payment_methods}}{{/no_methods}}</p>
      {{#methods}}
      <form class="saved-method" method="post" action="/account/payment_methods/{{payment_method}}/remove" data-once>
        <input type="hidden" name="csrf" value="{{CSRF}}">
        <strong>{{label}}</strong> <button class="btn btn-link" aria-label="{{m_remove_method}}">{{m_remove}}</button>
      </form>
      {{/methods}}
    </section>
    {{#no_is_verified}}
    <section class="panel" aria-labelledby="unverified">
      <h2 id="unverified">{{m_unverified}}</h2>
      {{#is_sent}}<p class="notice" role="status">{{m_verification_sent}}</p>{{/is_sent}}
      <p class="muted">{{m_unverified_text}}</p>
      <form method="post" action="/account/verification" data-once>
        <input type="hidden" name="csrf" value="{{CSRF}}">
        <button class="btn btn-outline">{{m_send_verification}}</button>
      </form>
    </section>
    {{/no_is_verified}}
    <form method="post" action="/logout">
      <input type="hidden" name="csrf" value="{{CSRF}}">
      <button class="btn btn-link">{{m_sign_out}}</button>
    </form>
  </aside>
</div>
