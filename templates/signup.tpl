{{%AUTOESCAPE context="HTML"}}
<div class="container narrow">
  <div class="panel">
    <h1>{{m_sign_up}}</h1>
    {{#error}}<p class="alert-box" role="alert" id="form-error">{{m_form_error__error}}</p>{{/error}}
    <form method="post" action="/signup" data-once>
      <input type="hidden" name="next" value="{{next}}">
      <div class="field">
        <label for="name">{{m_name}}</label>
        <input class="form-control" id="name" type="text" name="name" value="{{name}}" required maxlength="200" autocomplete="name"{{#is_name}} aria-invalid="true" aria-describedby="form-error"{{/is_name}}>
      </div>
      <div class="field">
        <label for="email">{{m_email}}</label>
        <input class="form-control" id="email" type="email" name="email" value="{{email}}" required maxlength="254" autocomplete="email"{{#is_email}} aria-invalid="true" aria-describedby="form-error"{{/is_email}}>
      </div>
      <div class="field">
        <label for="password">{{m_password}}</label>
        <input class="form-control" id="password" type="password" name="password" required minlength="8" maxlength="1000" autocomplete="new-password" aria-describedby="{{#is_password}}form-error {{/is_password}}password-hint"{{#is_password}} aria-invalid="true"{{/is_password}}>
        <p class="small muted" id="password-hint">{{m_password_hint}}</p>
      </div>
      <button class="btn btn-primary btn-lg">{{m_sign_up}}</button>
    </form>
    <p class="muted">{{m_have_account}} <a href="/login{{#next}}?next={{next:u}}{{/next}}">{{m_sign_in}}</a></p>
  </div>
</div>
