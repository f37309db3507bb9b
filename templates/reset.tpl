{{%AUTOESCAPE context="HTML"}}
<div class="container narrow">
  <div class="panel">
    <h1>{{m_reset}}</h1>
    {{#error}}<p class="alert-box" role="alert">{{m_form_error__error}}</p>{{/error}}
    {{#token}}
    <form method="post" action="/reset" data-once>
      <input type="hidden" name="csrf" value="{{CSRF}}">
      <input type="hidden" name="token" value="{{token}}">
      <div class="field">
        <label for="password">{{m_new_password}}</label>
        <input class="form-control" id="password" type="password" name="password" required minlength="8" maxlength="1000" autocomplete="new-password" aria-describedby="password-hint">
        <p class="small muted" id="password-hint">{{m_password_hint}}</p>
      </div>
      <p>{{m_reset_text}}</p>
      <button class="btn btn-primary btn-lg">{{m_reset_button}}</button>
    </form>
    {{/token}}
    {{#no_token}}
    <p><a class="btn btn-primary" href="/forgot">{{m_forgot_again}}</a></p>
    {{/no_token}}
  </div>
</div>
