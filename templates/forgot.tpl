{{%AUTOESCAPE context="HTML"}}
<div class="container narrow">
  <div class="panel">
    <h1>{{m_forgot}}</h1>
    {{#is_sent}}
    <p class="notice" role="status">{{m_forgot_sent}}</p>
    <p>{{m_forgot_sent_text}}</p>
    <p><a href="/login">{{m_sign_in}}</a></p>
    {{/is_sent}}
    {{#no_is_sent}}
    <p>{{m_forgot_text}}</p>
    <form method="post" action="/forgot" data-once>
      <input type="hidden" name="csrf" value="{{CSRF}}">
      <div class="field">
        <label for="email">{{m_email}}</label>
        <input class="form-control" id="email" type="email" name="email" required maxlength="254" autocomplete="username">
      </div>
      <button class="btn btn-primary btn-lg">{{m_forgot_button}}</button>
    </form>
    {{/no_is_sent}}
  </div>
</div>
