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
    {{>_bookings}}
    {{>_pages}}
    <p><a href="/orders">{{m_orders_by_time}}</a></p>
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
    <section class="panel" aria-labelledby="security">
      <h2 id="security">{{m_security}}</h2>
      {{#security}}<p class="notice" role="status">{{m_security__security}}</p>{{/security}}
      <h3>{{m_signed_in_at}}</h3>
      {{#sessions}}
      <form class="saved-method" method="post" action="/account/sessions/{{session_id}}/end" data-once>
        <input type="hidden" name="csrf" value="{{CSRF}}">
        <span><time datetime="{{since_iso}}">{{since}}</time> UTC{{#is_current}} <strong>{{m_this_session}}</strong>{{/is_current}}</span> {{#no_is_current}}<button class="btn btn-link" aria-label="{{m_end_session_of}}">{{m_sign_out}}</button>{{/no_is_current}}
      </form>
      {{/sessions}}
      {{#api_keys}}
      <form class="saved-method" method="post" action="/account/api_keys/{{api_key_id}}/revoke" data-once>
        <input type="hidden" name="csrf" value="{{CSRF}}">
        <span>{{m_api_key}} <strong>{{key_name}}</strong>, <time datetime="{{since_iso}}">{{since_date}}</time></span> <button class="btn btn-link" aria-label="{{m_revoke_key_named}}">{{m_revoke}}</button>
      </form>
      {{/api_keys}}
      <details>
        <summary>{{m_change_password}}</summary>
        <form method="post" action="/account/password" data-once>
          <input type="hidden" name="csrf" value="{{CSRF}}">
          <div class="field">
            <label for="old-password">{{m_present_password}}</label>
            <input class="form-control" id="old-password" type="password" name="password" required maxlength="1000" autocomplete="current-password">
          </div>
          <div class="field">
            <label for="new-password">{{m_new_password}}</label>
            <input class="form-control" id="new-password" type="password" name="new_password" required minlength="8" maxlength="1000" autocomplete="new-password" aria-describedby="new-password-hint">
            <p class="small muted" id="new-password-hint">{{m_password_hint}} {{m_password_ends}}</p>
          </div>
          <button class="btn btn-outline">{{m_change_password}}</button>
        </form>
      </details>
      <details>
        <summary>{{m_change_email}}</summary>
        <form method="post" action="/account/email" data-once>
          <input type="hidden" name="csrf" value="{{CSRF}}">
          <div class="field">
            <label for="new-email">{{m_new_email}}</label>
            <input class="form-control" id="new-email" type="email" name="email" required maxlength="254" autocomplete="email" aria-describedby="new-email-hint">
            <p class="small muted" id="new-email-hint">{{m_change_email_text}}</p>
          </div>
          <div class="field">
            <label for="email-password">{{m_present_password}}</label>
            <input class="form-control" id="email-password" type="password" name="password" required maxlength="1000" autocomplete="current-password">
          </div>
          <button class="btn btn-outline">{{m_change_email}}</button>
        </form>
      </details>
      <details>
        <summary>{{m_own_data}}</summary>
        <p class="muted">{{m_own_data_text}}</p>
        <p><a class="btn btn-outline" href="/account/export" download>{{m_export}}</a></p>
        <form method="post" action="/account/deletion" data-once>
          <input type="hidden" name="csrf" value="{{CSRF}}">
          <p class="muted">{{m_delete_account_text}}</p>
          <div class="field">
            <label for="deletion-password">{{m_present_password}}</label>
            <input class="form-control" id="deletion-password" type="password" name="password" required maxlength="1000" autocomplete="current-password">
          </div>
          <button class="btn btn-outline">{{m_delete_account}}</button>
        </form>
      </details>
    </section>
    <form method="post" action="/logout">
      <input type="hidden" name="csrf" value="{{CSRF}}">
      <button class="btn btn-link">{{m_sign_out}}</button>
    </form>
  </aside>
</div>
