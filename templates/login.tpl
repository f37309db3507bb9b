{{%AUTOESCAPE context="HTML"}}
<div class="container narrow">
  <div class="panel">
    <h1>{{m_sign_in}}</h1>
    {{#is_for_hold}}<p class="notice">{{m_sign_in_to_hold}}</p>{{/is_for_hold}}
    {{#is_reset}}<p class="notice" role="status">{{m_reset_done}}</p>{{/is_reset}}
    {{#error}}<p class="alert-box" role="alert" id="form-error">{{m_form_error__error}}</p>{{/error}}
    <form method="post" action="/login" data-once>
      <input type="hidden" name="next" value="{{next}}">
      <div class="field">
        <label for="email">{{m_email}}</label>
        <input class="form-control" id="email" type="email" name="email" value="{{email}}" required maxlength="254" autocomplete="username"{{#error}} aria-invalid="true" aria-describedby="form-error"{{/error}}>
      </div>
      <div class="field">
        <label for="password">{{m_password}}</label>
        <input class="form-control" id="password" type="password" name="password" required maxlength="1000" autocomplete="current-password"{{#error}} aria-invalid="true" aria-describedby="form-error"{{/error}}>
      </div>
      <button class="btn btn-primary btn-lg">{{m_sign_in}}</button>
    </form>
    <p><a href="/forgot">{{m_forgot}}</a></p>
    <p class="muted">{{m_no_account_yet}} <a href="/signup{{#next}}?next={{next:u}}{{/next}}">{{m_sign_up}}</a></p>
  </div>
</div>
