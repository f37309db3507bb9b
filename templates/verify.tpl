{{%AUTOESCAPE context="HTML"}}
<div class="container narrow">
  <div class="panel">
    {{#is_done}}
    <h1>{{m_verify_done}}</h1>
    <p>{{m_verify_done_text}}</p>
    <p><a class="btn btn-primary" href="/">{{m_see_whats_on}}</a></p>
    {{/is_done}}
    {{#no_is_done}}
    <h1>{{m_verify}}</h1>
    {{#error}}<p class="alert-box" role="alert">{{m_form_error__error}} {{m_verify_again}}</p>{{/error}}
    {{#token}}
    <p>{{m_verify_text}}</p>
    <form method="post" action="/verify" data-once>
      <input type="hidden" name="csrf" value="{{CSRF}}">
      <input type="hidden" name="token" value="{{token}}">
      <button class="btn btn-primary btn-lg">{{m_verify_button}}</button>
    </form>
    {{/token}}
    {{#no_token}}
    <p><a class="btn btn-primary" href="/account">{{m_account}}</a></p>
    {{/no_token}}
    {{/no_is_done}}
  </div>
</div>
